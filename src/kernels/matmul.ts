/**
 * Product of dense matrices, batched over all axes but the last two.
 *
 * Buffers: left, right, output; all float32, row-major.
 */
import { inferShape, product } from '../graph/ops.ts';
import type { OpAttributes, Shape } from '../graph/types.ts';
import { type Dispatch, floatBits, grid } from './kernel.ts';

export interface MatmulParams {
  layer: string;
  attributes: OpAttributes['matmul'];
  left: Shape;
  right: Shape;
}

/** Rows and columns of a workgroup's tile. */
const TILE = 32;

export function matmulDispatch({ layer, attributes, left, right }: MatmulParams): Dispatch {
  const { transposeA, transposeB, scale } = attributes;
  const shape = inferShape.matmul(attributes, [left, right], layer);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const depth = left.at(transposeA ? -2 : -1) ?? 1;
  const rowTiles = Math.ceil(rows / TILE);
  const columnTiles = Math.ceil(columns / TILE);
  return {
    kernel: 'matmul',
    variant: `${TILE}x${TILE}`,
    precision: 'f32',
    constants: { TRANSPOSE_A: transposeA, TRANSPOSE_B: transposeB },
    bindings: ['read', 'read', 'write'],
    uniforms: [rows, columns, depth, rowTiles, columnTiles, floatBits(scale)],
    workgroups: grid(rowTiles * columnTiles, 1, product(shape.slice(0, -2))),
  };
}
