// Fully connected layer: out[n, k] = bias[k] + sum over c of weight[k, c] * x[n, c]. A workgroup computes 4 outputs of one vector. Its 64
// threads take every 64th group of input channels, then add up in a fixed order.
//
//    thread t:  | group t | group t + 64 | ..  of input channels times their 4x4 blocks; then 64 partial sums become one by halving
//
// input   [n] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// weights packed blocks of one tap, see lib/weights.wgsl
// output  float32 [n, outputs], row-major
//
// Constants: ACTIVATION.

import package::lib::block::{block_at};
import package::lib::multiply::{multiply_add};
import package::lib::epilogue::{activate};
import package::lib::storage::{Group, unpack};
import package::lib::weights::{bias_at, WeightItem};

struct Params {
  step: u32,
  in_groups: u32,
  in_stride: u32,
  in_offset: u32,
  out_groups: u32,
  outputs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

var<workgroup> partial: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x;
  let row = workgroup.z;
  let head = params.out_groups;
  let at = row * params.in_stride + params.in_offset;
  var sum = vec4f(0.0);
  for (var c = local; c < params.in_groups; c += 64u) {
    sum = multiply_add(sum, block_at(head, group * params.in_groups + c), unpack(input[at + c]));
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  if (local > 0u) {
    return;
  }
  var value = partial[0] + bias_at(group);
  value = activate(value);
  let first = group * 4u;
  let to = row * params.outputs + first;
  for (var i = 0u; i < 4u; i++) {
    if (first + i < params.outputs) {
      output[to + i] = value[i];
    }
  }
}
