// Sum of two dense tensors with repeated axes: replaces broadcast-add.wgsl, with the same buffers and parameters. One thread for each value.

import package::lib::epilogue::{activate};
import package::lib::grid::{linear_id};

struct Params {
  step: u32,
  size: u32,             // values of the output
  size1: u32,            // its last three axes
  size2: u32,
  size3: u32,
  left_step0: u32,       // from one value of an axis to the next, 0 along a repeated one
  left_step1: u32,
  left_step2: u32,
  left_step3: u32,
  right_step0: u32,
  right_step1: u32,
  right_step2: u32,
  right_step3: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let to = linear_id(workgroup, local, 64u);
  if (to >= params.size) {
    return;
  }
  // From the innermost axis outwards.
  var rest = to;
  var l = rest % params.size3 * params.left_step3;
  var r = rest % params.size3 * params.right_step3;
  rest /= params.size3;
  l += rest % params.size2 * params.left_step2;
  r += rest % params.size2 * params.right_step2;
  rest /= params.size2;
  l += rest % params.size1 * params.left_step1;
  r += rest % params.size1 * params.right_step1;
  rest /= params.size1;
  l += rest * params.left_step0;
  r += rest * params.right_step0;
  output[to] = activate(vec4f(left[l] + right[r])).x;
}
