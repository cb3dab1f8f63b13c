/** Checks a network's inputs. */

import type { GpuTensor, Tensor } from '../api/types.ts';
import { isCount } from '../util/limits.ts';
import { tagOf } from '../util/tag.ts';

/** Whether the input is [n, inputChannels, h, w], with as many values. `wrongInput` (api/wrong-arguments.ts) has the same conditions in words. */
export function isInput(input: Tensor | GpuTensor | undefined, inputChannels: number): boolean {
  // Callers without types.
  const { shape, data } = (input ?? {}) as Partial<Tensor>;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((size) => isCount(size, 'edge')) || shape[1] !== inputChannels)
    return false;
  // By its name, since another window's Float32Array is another class.
  return 'buffer' in (input as object) || (tagOf(data) === 'Float32Array' && data?.length === shape.reduce((a, b) => a * b));
}
