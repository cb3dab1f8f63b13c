// Geometric energies of GeneralizedAttention: replaces position-energy.wgsl, with the same buffers and parameters. One thread for each value.

import package::lib::grid::{linear_id};
import constants::{ADD, BIAS, QUERY, TRANSPOSED};

struct Params {
  step: u32,
  heads: u32,
  width: u32,          // channels of a head
  query_height: u32,
  query_width: u32,
  key_height: u32,
  key_width: u32,
  query_stride: u32,
  key_stride: u32,
  columns: u32,        // distances of columns
  addend_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> query: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> codes: array<f32>;
@group(0) @binding(4) var<storage, read> addend: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

fn product_with(row: u32, place: u32, code: u32) -> f32 {
  let first = row % params.heads * params.width;
  var sum = 0.0;
  for (var c = 0u; c < params.width; c++) {
    var value = 0.0;
    if (QUERY) {
      value = query[(row * params.width + c) * params.query_height * params.query_width + place];
    }
    if (BIAS) {
      value += bias[first + c];
    }
    sum += value * codes[code * params.heads * params.width + first + c];
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let keys = params.key_height * params.key_width;
  let place = item / keys;
  let queries = params.query_height * params.query_width;
  if (place >= queries) {
    return;
  }
  let key = item % keys;
  let row = workgroup.z;
  let y = place / params.query_width;
  let x = place % params.query_width;
  let column_code = x * params.query_stride + (params.key_width - 1u - key % params.key_width) * params.key_stride;
  let row_code = params.columns + y * params.query_stride + (params.key_height - 1u - key / params.key_width) * params.key_stride;
  var vertical = place;
  if (TRANSPOSED) {
    vertical = x * params.query_width + y;
  }
  var energy = product_with(row, place, column_code) + product_with(row, vertical, row_code);
  if (ADD) {
    energy += addend[(row * params.addend_rows + min(place, params.addend_rows - 1u)) * keys + key];
  }
  output[(row * queries + place) * keys + key] = energy;
}
