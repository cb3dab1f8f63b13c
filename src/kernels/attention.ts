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
 * (both made by
 * `positionCodesDispatch`), output.
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

export interface PositionCodesParams {
  layer: string;
  attributes: Pick<PositionEnergyAttributes, 'channels' | 'features' | 'queryStride' | 'keyStride'>;
  /** Places of queries and of keys on this axis. */
  queries: number;
  keys: number;
}

/** Frequencies that the kernel has workgroup memory for: 2048 features. */
const MAX_FREQUENCIES = 512;

/** Distances that occur on an axis: the rows of the codes, from -(keys - 1) * keyStride on. */
export function distancesOf({ attributes: a, queries, keys }: PositionCodesParams): number {
  return (queries - 1) * a.queryStride + (keys - 1) * a.keyStride + 1;
}

/** Buffers: table (`positionTable`), codes (out; [distances, channels]). */
export function positionCodesDispatch(params: PositionCodesParams): Dispatch {
  const { layer, attributes: a, keys } = params;
  const frequencies = a.features / 4;
  if (frequencies > MAX_FREQUENCIES) {
    throw new ResnetError('unsupported', `codes positions by ${a.features} features; ${MAX_FREQUENCIES * 4} are possible.`, {
      layer,
      hint: 'Set a smaller position_embedding_dim.',
    });
  }
  const distances = distancesOf(params);
  return {
    kernel: 'position-codes',
    variant: `${a.features}`,
    precision: 'f32',
    constants: {},
    bindings: ['read', 'write'],
    uniforms: [distances, (keys - 1) * a.keyStride, a.channels, frequencies],
    workgroups: grid(distances, 1),
  };
}

/** What `positionCodesDispatch` reads: the frequencies, in float64 so far, then the layer `fc` [channels, features / 2]. */
export function positionTable(
  fc: Float32Array,
  { features, magnitude }: Pick<PositionEnergyAttributes, 'features' | 'magnitude'>,
): Float32Array {
  const frequencies = Float32Array.from({ length: features / 4 }, (_, i) => magnitude / 1000 ** ((4 * i) / features));
  const table = new Float32Array(frequencies.length + fc.length);
  table.set(frequencies);
  table.set(fc, frequencies.length);
  return table;
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
