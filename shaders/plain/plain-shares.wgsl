// Softmax over the middle axis of a dense tensor: replaces softmax.wgsl, with the same buffers and parameters. One thread for each row.

import package::lib::grid::{linear_id};
import constants::{LOG};

struct Params {
  step: u32,
  rows: u32,        // outer * inner
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = linear_id(workgroup, local, 64u);
  if (row >= params.rows) {
    return;
  }
  let first = row / params.inner * params.size * params.inner + row % params.inner;
  var top = -3.4028234e38;
  for (var i = 0u; i < params.size; i++) {
    top = max(top, input[first + i * params.inner]);
  }
  var sum = 0.0;
  for (var i = 0u; i < params.size; i++) {
    sum += exp(input[first + i * params.inner] - top);
  }
  for (var i = 0u; i < params.size; i++) {
    let above = input[first + i * params.inner] - top;
    if (LOG) {
      output[first + i * params.inner] = above - log(sum);
    } else {
      output[first + i * params.inner] = exp(above) / sum;
    }
  }
}
