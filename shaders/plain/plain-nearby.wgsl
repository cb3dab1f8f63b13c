// Attention to near keys only: replaces attention-mask.wgsl, with the same buffers and parameters. One thread for each value.

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

// Both are floor((q -+ range) / stride), on numbers that may be negative.
fn is_near(q: u32, k: u32) -> bool {
  let stride = i32(params.key_stride);
  let low = i32(q) - i32(params.range);
  let high = i32(q) + i32(params.range) + 1;
  return low < (i32(k) + 1) * stride && i32(k) <= high / stride;
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
  output[at] = -3.4028234e38;
  if (is_near(query / params.query_width, key / params.key_width) && is_near(query % params.query_width, key % params.key_width)) {
    output[at] = input[at];
  }
}
