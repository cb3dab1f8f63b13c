/**
 * Product of dense matrices, batched over all axes but the last two.
 *
 * Buffers: left, right, addend (any buffer if there is none), output; all float32, row-major.
 */
import matmulShader from '../../../shaders/matmul/matmul.wgsl?raw';
import { product, size } from '../../graph/shape.ts';
import type { OpAttributes, Shape } from '../../graph/types.ts';
import { type EndedDispatch, floatBits, grid } from '../lib/kernel.ts';

export interface MatmulParams {
  layer: string;
  attributes: OpAttributes['matmul'];
  left: Shape;
  right: Shape;
  /** Added to the product. It has the product's shape, or is one row for all rows. */
  addend?: Shape;
}

/** Rows and columns of a workgroup's tile. */
const TILE = 32;

export function matmulDispatch({ layer, attributes, left, right, addend }: MatmulParams): EndedDispatch {
  const { transposeA, transposeB, scale } = attributes;
  const rows = size(left, transposeA ? -1 : -2);
  const columns = size(right, transposeB ? -2 : -1);
  const depth = size(left, transposeA ? -2 : -1);
  const rowTiles = Math.ceil(rows / TILE);
  const columnTiles = Math.ceil(columns / TILE);
  return {
    kernel: 'matmul',
    shader: matmulShader,
    variant: `${TILE}x${TILE}${addend ? ' add' : ''}`,
    precision: 'f32',
    ends: { activation: 'none', residual: addend !== undefined },
    constants: { TRANSPOSE_A: transposeA, TRANSPOSE_B: transposeB, ADD: addend !== undefined },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: {
      rows,
      columns,
      depth,
      row_tiles: rowTiles,
      column_tiles: columnTiles,
      scale: floatBits(scale),
      addend_rows: addend ? size(addend, -2) : 0,
    },
    workgroups: grid(layer, rowTiles * columnTiles, 1, product(left.slice(0, -2))),
  };
}
