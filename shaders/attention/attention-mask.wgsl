// Attention to near keys only (spatial_range of GeneralizedAttention). If a query (y, x) and a key (v, u) are too far apart, their
// energy becomes the lowest number, which softmax turns into zero. One thread for each value.
//
// input, output  float32 [rows, qh * qw, kh * kw]

import package::lib::grid::{linear_id};

struct Params {
  step: u32,
  size: u32,           // values in all
  query_height: u32,
  query_width: u32,
  key_height: u32,
  key_width: u32,
  range: u32,
  key_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

// floor((q - range) / stride) <= k <= floor((q + range + 1) / stride), without dividing negative numbers.
fn is_near(q: u32, k: u32) -> bool {
  return q < params.range + (k + 1u) * params.key_stride && k <= (q + params.range + 1u) / params.key_stride;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = linear_id(workgroup, local, 64u);
  if (at >= params.size) {
    return;
  }
  let keys = params.key_height * params.key_width;
  let key = at % keys;
  let query = at / keys % (params.query_height * params.query_width);
  let near = is_near(query / params.query_width, key / params.key_width) && is_near(query % params.query_width, key % params.key_width);
  output[at] = select(-3.4028234e38, input[at], near);
}
