// Batched product of dense matrices: replaces matmul.wgsl, with the same buffers and parameters. One thread for each value.

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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let row = item / params.columns;
  if (row >= params.rows) {
    return;
  }
  let column = item % params.columns;
  let batch = workgroup.z;
  let left_base = batch * params.rows * params.depth;
  let right_base = batch * params.depth * params.columns;
  var sum = 0.0;
  for (var k = 0u; k < params.depth; k++) {
    var a = row * params.depth + k;
    if (TRANSPOSE_A) {
      a = k * params.rows + row;
    }
    var b = k * params.columns + column;
    if (TRANSPOSE_B) {
      b = column * params.depth + k;
    }
    sum += left[left_base + a] * right[right_base + b];
  }
  sum *= params.scale;
  if (ADD) {
    sum += addend[(batch * params.addend_rows + min(row, params.addend_rows - 1u)) * params.columns + column];
  }
  output[(batch * params.rows + row) * params.columns + column] = sum;
}
