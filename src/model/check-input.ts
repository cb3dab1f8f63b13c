/** What a caller may pass to a network. */

import type { GpuTensor, Tensor } from '../api/types.ts';
import { kindOf } from '../image/take.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount } from '../util/limits.ts';
import { show } from '../util/show.ts';

/** @throws ResnetError `shape` for what is not [n, inputChannels, h, w], or has too few or too many values */
export function checkInput(input: Tensor | GpuTensor, inputChannels: number): void {
  const { shape } = input ?? {};
  const where = { layer: 'input' };
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((size) => isCount(size, 'edge'))) {
    throw new ResnetError(
      'shape',
      `shape is ${Array.isArray(shape) ? `[${shape.map(show).join(', ')}]` : show(shape)}, but the network needs [n, ${inputChannels}, height, width].`,
      {
        ...where,
        hint: 'Pass an NCHW tensor with sizes above 0.',
      },
    );
  }
  const [n, c, h, w] = shape;
  if (c !== inputChannels) {
    throw new ResnetError('shape', `has ${c} channels, but the network needs ${inputChannels}.`, {
      ...where,
      hint: 'Check that the tensor is NCHW, not NHWC.',
    });
  }
  if ('buffer' in input) return;
  const { data } = input;
  const size = (n ?? 0) * (c ?? 0) * (h ?? 0) * (w ?? 0);
  // By its name, since another window's Float32Array is another class.
  if (kindOf(data) !== 'Float32Array' || data.length !== size) {
    throw new ResnetError('shape', `has ${data?.length ?? 'no'} values, but [${shape.join(', ')}] takes ${size} in a Float32Array.`, {
      ...where,
      hint: 'Make data and shape agree.',
    });
  }
}
