/**
 * Parts of attention between positions, on dense float32 tensors, row-major: GeneralizedAttention (Zhu et al. 2019),
 * sums of energies. Products and softmax: matmul.ts, softmax.ts.
 */
import { ResnetError } from '../errors.ts';
import { inferShape, product } from '../graph/ops.ts';
import type { OpAttributes, PositionEnergyAttributes, Shape } from '../graph/types.ts';
import { type Dispatch, grid } from './kernel.ts';

export interface BroadcastAddParams {
  layer: string;
  left: Shape;
  right: Shape;
  relu: boolean;
}

/** Sum with axes of size 1 repeated. Buffers: left, right, output. */
export function broadcastAddDispatch({ layer, left, right, relu }: BroadcastAddParams): Dispatch {
  const shape = inferShape.add_broadcast({}, [left, right], layer);
  if (shape.length > 4) {
    throw new ResnetError('unsupported', `cannot add tensors of ${shape.length} axes.`, { layer, hint: 'Use up to 4 axes.' });
  }
  const fourAxes = (sizes: Shape) => [...Array<number>(4 - sizes.length).fill(1), ...sizes];
  const steps = (sizes: number[]) => sizes.map((size, i) => (size === 1 ? 0 : product(sizes.slice(i + 1))));
  return {
    kernel: 'broadcast-add',
    variant: relu ? 'relu' : 'plain',
    precision: 'f32',
    constants: { RELU: relu },
    bindings: ['read', 'read', 'write'],
    uniforms: [product(shape), ...fourAxes(shape).slice(1), ...steps(fourAxes(left)), ...steps(fourAxes(right))],
    workgroups: grid(product(shape)),
  };
}

export interface PositionEnergyParams {
  layer: string;
  attributes: PositionEnergyAttributes;
  batch: number;
  /** Whether there is a bias buffer. */
  bias: boolean;
}

/** Rows and columns of keys that the kernel has workgroup memory for. */
const MAX_TERMS = 512;

/**
 * Buffers: query (any buffer unless `useQuery`), bias (any buffer unless `bias`), codes of the columns, codes of the rows
 * (both `positionCodes`), output.
 */
export function positionEnergyDispatch({ layer, attributes: a, batch, bias }: PositionEnergyParams): Dispatch {
  if (a.key[0] + a.key[1] > MAX_TERMS) {
    throw new ResnetError('unsupported', `attends to ${a.key.join('x')} keys; rows and columns may be ${MAX_TERMS} together.`, {
      layer,
      hint: 'Use a smaller image or a larger kv_stride.',
    });
  }
  return {
    kernel: 'position-energy',
    variant: `${a.useQuery ? 'query' : ''}${bias ? 'bias' : ''}`,
    precision: 'f32',
    constants: { QUERY: a.useQuery, BIAS: bias, TRANSPOSED: a.transposed },
    bindings: ['read', 'read', 'read', 'read', 'write'],
    uniforms: [a.heads, a.channels / a.heads, ...a.query, ...a.key, a.queryStride, a.keyStride],
    workgroups: grid(product(a.query), 1, batch * a.heads),
  };
}

export type CodeAttributes = Pick<PositionEnergyAttributes, 'channels' | 'features' | 'magnitude' | 'queryStride' | 'keyStride'>;

/** Distances between `queries` and `keys` places on a line, which number them from -(keys - 1) * keyStride on. */
export function distancesOf(a: CodeAttributes, queries: number, keys: number): number {
  return (queries - 1) * a.queryStride + (keys - 1) * a.keyStride + 1;
}

/**
 * Codes of all distances on one axis, [distances, channels]: `fc` [channels, features / 2] of the sines, then the cosines,
 * of multiples of the distance, over the root of 2. Made once, when the weights are packed, in float64: WGSL promises 11
 * bits of a sine.
 */
export function positionCodes(fc: Float32Array, a: CodeAttributes, queries: number, keys: number): Float32Array {
  const distances = distancesOf(a, queries, keys);
  const half = a.features / 2;
  const codes = new Float32Array(distances * a.channels);
  const waves = new Float64Array(half);
  for (let i = 0; i < distances; i++) {
    const distance = i - (keys - 1) * a.keyStride;
    for (let j = 0; j < half / 2; j++) {
      const angle = (a.magnitude * distance) / 1000 ** ((4 * j) / a.features);
      waves[j] = Math.sin(angle);
      waves[j + half / 2] = Math.cos(angle);
    }
    for (let channel = 0; channel < a.channels; channel++) {
      let sum = 0;
      for (let j = 0; j < half; j++) sum += (fc[channel * half + j] ?? 0) * (waves[j] ?? 0);
      codes[i * a.channels + channel] = sum / Math.SQRT2;
    }
  }
  return codes;
}

export interface AttentionMaskParams {
  attributes: OpAttributes['attention_mask'];
  shape: Shape;
}

/** Buffers: input, output. */
export function attentionMaskDispatch({ attributes: a, shape }: AttentionMaskParams): Dispatch {
  return {
    kernel: 'attention-mask',
    variant: `${a.range}`,
    precision: 'f32',
    constants: {},
    bindings: ['read', 'write'],
    uniforms: [product(shape), ...a.query, ...a.key, a.range, a.keyStride],
    workgroups: grid(product(shape)),
  };
}
