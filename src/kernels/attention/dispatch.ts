/**
 * The parts of attention between positions, on dense row-major float32 tensors: GeneralizedAttention (Zhu et al. 2019),
 * sums of energies. Products and softmax: ../matmul, ../softmax.
 */

import attentionMaskShader from '../../../shaders/attention/attention-mask.wgsl?raw';
import broadcastAddShader from '../../../shaders/attention/broadcast-add.wgsl?raw';
import positionCodesShader from '../../../shaders/attention/position-codes.wgsl?raw';
import positionEnergyShader from '../../../shaders/attention/position-energy.wgsl?raw';
import { product, size } from '../../graph/shape.ts';
import type { OpAttributes, PositionEnergyAttributes, Shape } from '../../graph/types.ts';
import { ResnetError } from '../../util/errors.ts';
import { type Bend, ending } from '../lib/epilogue.ts';
import { type Dispatch, type EndedDispatch, grid } from '../lib/kernel.ts';

export interface BroadcastAddParams {
  layer: string;
  left: Shape;
  right: Shape;
  epilogue: Bend;
}

/** Sum in which axes of size 1 are repeated. Buffers: left, right, output. */
export function broadcastAddDispatch({ layer, left, right, epilogue }: BroadcastAddParams): EndedDispatch {
  const shape = left.map((size, axis) => Math.max(size, right[axis] ?? 1));
  if (shape.length > 4) {
    throw new ResnetError('unsupported', `cannot add tensors of ${shape.length} axes.`, { layer, hint: 'Use up to 4 axes.' });
  }
  const fourAxes = (sizes: Shape) => [...Array<number>(4 - sizes.length).fill(1), ...sizes];
  const steps = (sizes: number[]) => sizes.map((count, i) => (count === 1 ? 0 : product(sizes.slice(i + 1))));
  return {
    kernel: 'broadcast-add',
    shader: broadcastAddShader,
    variant: epilogue.activation,
    precision: 'f32',
    ...ending(epilogue),
    bindings: ['read', 'read', 'write'],
    uniforms: {
      size: product(shape),
      ...numbered('size', fourAxes(shape), 1),
      ...numbered('left_step', steps(fourAxes(left))),
      ...numbered('right_step', steps(fourAxes(right))),
    },
    workgroups: grid(layer, product(shape)),
  };
}

export interface PositionEnergyParams {
  layer: string;
  attributes: PositionEnergyAttributes;
  batch: number;
  /** Whether there is a bias buffer. */
  bias: boolean;
  /** Added to the result: [n, heads, queries or 1, keys]. */
  addend?: Shape;
}

/** Rows and columns of keys that fit into the kernel's workgroup memory. */
const MAX_TERMS = 512;

/**
 * Buffers: query (any buffer unless `useQuery`), bias (any buffer unless `bias`), codes (`positionCodesDispatch`), addend
 * (any buffer if there is none), output.
 */
export function positionEnergyDispatch({ layer, attributes: a, batch, bias, addend }: PositionEnergyParams): EndedDispatch {
  if (a.key[0] + a.key[1] > MAX_TERMS) {
    throw new ResnetError('unsupported', `attends to ${a.key.join('x')} keys, but rows and columns together may be at most ${MAX_TERMS}.`, {
      layer,
      hint: 'Use a smaller image or a larger kv_stride.',
    });
  }
  const [columns] = distancesOf(a);
  return {
    kernel: 'position-energy',
    shader: positionEnergyShader,
    variant: [a.useQuery && 'query', bias && 'bias', addend && 'add'].filter(Boolean).join(' '),
    precision: 'f32',
    ends: { activation: 'none', residual: addend !== undefined },
    constants: { QUERY: a.useQuery, BIAS: bias, ADD: addend !== undefined, TRANSPOSED: a.transposed },
    bindings: ['read', 'read', 'read', 'read', 'write'],
    uniforms: {
      heads: a.heads,
      width: a.channels / a.heads,
      ...maps(a),
      query_stride: a.queryStride,
      key_stride: a.keyStride,
      columns,
      addend_rows: addend ? size(addend, -2) : 0,
    },
    workgroups: grid(layer, product(a.query), 1, batch * a.heads),
  };
}

/** Frequencies that fit into the kernel's workgroup memory: 2048 features. */
const MAX_FREQUENCIES = 512;

/** The possible distances between columns and between rows, from -(keys - 1) * keyStride on. */
export function distancesOf({ query, key, queryStride, keyStride }: PositionEnergyAttributes): [columns: number, rows: number] {
  const distances = (axis: 0 | 1) => (query[axis] - 1) * queryStride + (key[axis] - 1) * keyStride + 1;
  return [distances(1), distances(0)];
}

/** Buffers: table (`positionTable` of position-table.ts), codes (out; [columns + rows of `distancesOf`, channels]). */
export function positionCodesDispatch(layer: string, a: PositionEnergyAttributes): Dispatch {
  const frequencies = a.features / 4;
  if (frequencies > MAX_FREQUENCIES) {
    throw new ResnetError('unsupported', `codes positions by ${a.features} features, but at most ${MAX_FREQUENCIES * 4} are possible.`, {
      layer,
      hint: 'Set a smaller position_embedding_dim.',
    });
  }
  const [columns, rows] = distancesOf(a);
  const [above, left] = a.key.map((size) => (size - 1) * a.keyStride) as [number, number];
  return {
    kernel: 'position-codes',
    shader: positionCodesShader,
    variant: `${a.features}`,
    precision: 'f32',
    constants: {},
    bindings: ['read', 'write'],
    uniforms: { columns, rows, left, above, channels: a.channels, frequencies },
    workgroups: grid(layer, columns + rows, 1),
  };
}

export interface AttentionMaskParams {
  layer: string;
  attributes: OpAttributes['attention_mask'];
  shape: Shape;
}

/** Buffers: input, output. */
export function attentionMaskDispatch({ layer, attributes: a, shape }: AttentionMaskParams): Dispatch {
  return {
    kernel: 'attention-mask',
    shader: attentionMaskShader,
    variant: `${a.range}`,
    precision: 'f32',
    constants: {},
    bindings: ['read', 'write'],
    uniforms: { size: product(shape), ...maps(a), range: a.range, key_stride: a.keyStride },
    workgroups: grid(layer, product(shape)),
  };
}

/** Sizes of the queries' map and of the keys' map. */
function maps({ query, key }: Pick<PositionEnergyAttributes, 'query' | 'key'>): Dispatch['uniforms'] {
  return { query_height: query[0], query_width: query[1], key_height: key[0], key_width: key[1] };
}

/** `name1`, `name2`, …: one for each axis, starting with `first`. */
function numbered(name: string, values: readonly number[], first = 0): Dispatch['uniforms'] {
  return Object.fromEntries(values.slice(first).map((value, i) => [`${name}${i + first}`, value]));
}
