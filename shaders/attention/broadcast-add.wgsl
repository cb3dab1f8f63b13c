// Sum of two dense tensors of up to 4 axes with an optional ReLU. Axes of size 1 are repeated. One thread for each value.
//
// left, right, output  float32, row-major
//
// Constants: ACTIVATION.

import package::lib::grid::{linear_id};
import package::lib::epilogue::{activate};

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
  let i3 = to % params.size3;
  let rest = to / params.size3;
  let i2 = rest % params.size2;
  let outer = rest / params.size2;
  let i1 = outer % params.size1;
  let i0 = outer / params.size1;
  let l = i0 * params.left_step0 + i1 * params.left_step1 + i2 * params.left_step2 + i3 * params.left_step3;
  let r = i0 * params.right_step0 + i1 * params.right_step1 + i2 * params.right_step2 + i3 * params.right_step3;
  var value = left[l] + right[r];
  value = activate(vec4f(value)).x;
  output[to] = value;
}
