// Batched product of dense matrices: output[b] = scale * left[b] * right[b] + addend[b]. A workgroup of 8 x 8 threads computes 32 x 32
// values, each thread 4 x 4, from tiles of 16 columns of `left` and 16 rows of `right` in workgroup memory.
//
// left    float32 [batch, rows, depth], or [batch, depth, rows] if TRANSPOSE_A
// right   float32 [batch, depth, columns], or [batch, columns, depth] if TRANSPOSE_B
// addend  float32 [batch, addend_rows, columns], if ADD (otherwise any buffer is bound); addend_rows is 1 or rows
// output  float32 [batch, rows, columns]
//
//                          | 32 columns of right, 4 a thread
//    32 rows of left,      | thread | thread | .. 8          16 columns of left and 16 rows of right at a time; each thread adds up
//    4 a thread            | ..  8 rows                      16 outer products of 4 x 4
//
// A tile contains vectors of 4 rows (columns) at each depth k: item k * 8 + row / 4. Neighbouring threads load neighbouring values, however
// a matrix is stored.
//
// Constants: TRANSPOSE_A, TRANSPOSE_B, ADD.

import package::lib::grid::{linear_id};
import constants::{ADD, TRANSPOSE_A, TRANSPOSE_B};

struct Params {
  step: u32,
  rows: u32,
  columns: u32,
  depth: u32,
  row_tiles: u32,
  column_tiles: u32,
  scale: f32,
  addend_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read> addend: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

const DEPTH = 16u;
var<workgroup> left_tile: array<vec4f, 128>;
var<workgroup> right_tile: array<vec4f, 128>;

fn left_at(base: u32, row: u32, k: u32) -> f32 {
  let at = select(row * params.depth + k, k * params.rows + row, TRANSPOSE_A);
  let inside = row < params.rows && k < params.depth;
  return select(0.0, left[base + select(0u, at, inside)], inside);
}

fn right_at(base: u32, k: u32, column: u32) -> f32 {
  let at = select(k * params.columns + column, column * params.depth + k, TRANSPOSE_B);
  let inside = column < params.columns && k < params.depth;
  return select(0.0, right[base + select(0u, at, inside)], inside);
}

fn store(batch: u32, row: u32, column: u32, sum: vec4f) {
  if (row >= params.rows) {
    return;
  }
  var value = sum * params.scale;
  for (var i = column; i < min(column + 4u, params.columns); i++) {
    var result = value[i - column];
    if (ADD) {
      result += addend[(batch * params.addend_rows + min(row, params.addend_rows - 1u)) * params.columns + i];
    }
    output[(batch * params.rows + row) * params.columns + i] = result;
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = linear_id(workgroup, 0u, 1u);
  let tile_row = tile / params.column_tiles;
  let batch = workgroup.z;
  if (tile_row >= params.row_tiles) {
    return;
  }
  let first_row = tile_row * 32u;
  let first_column = (tile - tile_row * params.column_tiles) * 32u;
  let left_base = batch * params.rows * params.depth;
  let right_base = batch * params.depth * params.columns;
  let row_lane = local / 8u;
  let column_lane = local % 8u;

  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var k0 = 0u; k0 < params.depth; k0 += DEPTH) {
    for (var i = local; i < 128u; i += 64u) {
      var k = i % DEPTH;
      var quad = i / DEPTH;
      if (TRANSPOSE_A) {
        k = i / 8u;
        quad = i % 8u;
      }
      let row = first_row + quad * 4u;
      left_tile[k * 8u + quad] = vec4f(
        left_at(left_base, row, k0 + k),
        left_at(left_base, row + 1u, k0 + k),
        left_at(left_base, row + 2u, k0 + k),
        left_at(left_base, row + 3u, k0 + k),
      );
      k = i / 8u;
      quad = i % 8u;
      if (TRANSPOSE_B) {
        k = i % DEPTH;
        quad = i / DEPTH;
      }
      let column = first_column + quad * 4u;
      right_tile[k * 8u + quad] = vec4f(
        right_at(right_base, k0 + k, column),
        right_at(right_base, k0 + k, column + 1u),
        right_at(right_base, k0 + k, column + 2u),
        right_at(right_base, k0 + k, column + 3u),
      );
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let a = left_tile[k * 8u + row_lane];
      let b = right_tile[k * 8u + column_lane];
      sum0 += a.x * b;
      sum1 += a.y * b;
      sum2 += a.z * b;
      sum3 += a.w * b;
    }
    workgroupBarrier();
  }

  let row = first_row + row_lane * 4u;
  let column = first_column + column_lane * 4u;
  store(batch, row, column, sum0);
  store(batch, row + 1u, column, sum1);
  store(batch, row + 2u, column, sum2);
  store(batch, row + 3u, column, sum3);
}
