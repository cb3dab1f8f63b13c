// Geometric energies of GeneralizedAttention (Zhu et al. 2019): query times the learned code of the distance to each key, horizontal plus
// vertical. A workgroup takes one query of one head. Its threads first compute the products with each column's and each row's code,
// kw + kh in all, then add them up for the kh * kw keys.
//
// query   float32 [n, heads * width, qh * qw], if QUERY (otherwise any buffer is bound)
// bias    float32 [heads * width], added to the query, if BIAS (otherwise any buffer is bound)
// codes   float32 [columns + rows, heads * width]: codes of the distances x * query_stride - u * key_stride of columns, starting with
//         the smallest, then of rows (position-codes.wgsl)
// addend  float32 [n, heads, addend_rows, kh * kw], if ADD (otherwise any buffer is bound); addend_rows is 1 or qh * qw
// output  float32 [n, heads, qh * qw, kh * kw]
//
// Constants: QUERY, BIAS, ADD, TRANSPOSED (the vertical products take the query of row x and column y).

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

// Products with the columns' codes, then with the rows'. MAX_TERMS of kernels/attention/dispatch.ts.
var<workgroup> terms: array<f32, 512>;

fn query_at(row: u32, place: u32, i: u32) -> f32 {
  var value = 0.0;
  if (QUERY) {
    value = query[(row * params.width + i) * params.query_height * params.query_width + place];
  }
  if (BIAS) {
    value += bias[row % params.heads * params.width + i];
  }
  return value;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let queries = params.query_height * params.query_width;
  let place = linear_id(workgroup, 0u, 1u);
  let row = workgroup.z; // image * heads + head
  if (place >= queries) {
    return;
  }
  let y = place / params.query_width;
  let x = place - y * params.query_width;
  let channels = params.heads * params.width;
  let first = row % params.heads * params.width;
  for (var i = local; i < params.key_width; i += 64u) {
    let code = (x * params.query_stride + (params.key_width - 1u - i) * params.key_stride) * channels + first;
    var sum = 0.0;
    for (var c = 0u; c < params.width; c++) {
      sum += query_at(row, place, c) * codes[code + c];
    }
    terms[i] = sum;
  }
  let vertical = select(place, x * params.query_width + y, TRANSPOSED);
  for (var i = local; i < params.key_height; i += 64u) {
    let code = (params.columns + y * params.query_stride + (params.key_height - 1u - i) * params.key_stride) * channels + first;
    var sum = 0.0;
    for (var c = 0u; c < params.width; c++) {
      sum += query_at(row, vertical, c) * codes[code + c];
    }
    terms[params.key_width + i] = sum;
  }
  workgroupBarrier();
  let keys = params.key_height * params.key_width;
  for (var key = local; key < keys; key += 64u) {
    let v = key / params.key_width;
    var energy = terms[key - v * params.key_width] + terms[params.key_width + v];
    if (ADD) {
      energy += addend[(row * params.addend_rows + min(place, params.addend_rows - 1u)) * keys + key];
    }
    output[(row * queries + place) * keys + key] = energy;
  }
}
