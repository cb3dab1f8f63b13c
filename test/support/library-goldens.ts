/** Results of timm, torchvision and transformers for seeded weights: test/libraries (goldens.py, generator.py). */

import type { Tensor } from '../../src/api/types.ts';
import type { Arch } from '../../src/arch/index.ts';
import { finish } from '../../src/checkpoint/read.ts';
import type { Checkpoint, CheckpointTensor } from '../../src/checkpoint/types.ts';
import { generate } from './generator.ts';

export interface LibraryGolden {
  name: string;
  /** What a user passes, or the config.json of a repository. */
  arch?: Arch;
  config?: Record<string, unknown>;
  shape: [number, number, number, number];
  /** `name shape` of each tensor. */
  keys: string[];
  logits?: number[];
  /** The feature maps that are compared, the network's last ones, with 64 values each. */
  maps: { shape: number[]; values: number[] }[];
}

const SEED = 12;

/** [scale, offset] of a tensor; the same rule as in generator.py. */
function spread(name: string, shape: readonly number[]): [scale: number, offset: number] {
  if (name.endsWith('running_var')) return [0.5, 1];
  if (name.endsWith('running_mean')) return [0.2, 0];
  if (shape.length >= 2) return [Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1)), 0];
  return name.endsWith('weight') ? [0.5, 1] : [0.1, 0];
}

export function goldenCheckpoint({ keys, name }: Pick<LibraryGolden, 'keys' | 'name'>): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  for (const line of keys) {
    const [key = '', sizes = ''] = line.split(' ');
    const shape = sizes === '' ? [] : sizes.split(',').map(Number);
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.set(key, { dtype: 'f32', shape, read: async () => ({ data: generate(key, count, SEED, ...spread(key, shape)), shape }) });
  }
  return finish('safetensors', { tensors, metadata: {} }, name);
}

export function goldenInput({ shape }: LibraryGolden): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { data: generate('input', count, SEED, 2, 0), shape: [...shape] };
}

/** The values of a map that the goldens contain. */
export function sampled({ data }: Tensor, count = 64): number[] {
  const step = Math.max(1, Math.floor(data.length / count));
  return Array.from({ length: Math.min(count, Math.ceil(data.length / step)) }, (_, i) => data[i * step] ?? Number.NaN);
}
