// Fully connected layer: replaces linear.wgsl, with the same buffers and parameters. One thread 4 outputs.

import package::lib::epilogue::{activate};
import package::lib::storage::{Group, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};

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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  if (group >= params.out_groups) {
    return;
  }
  let row = workgroup.z;
  var sum = bias_at(group);
  for (var c = 0u; c < params.in_groups; c++) {
    var value = unpack(input[row * params.in_stride + params.in_offset + c]);
    for (var i = 0u; i < 4u; i++) {
      sum += column_at(params.out_groups, (group * params.in_groups + c) * 4u + i) * value[i];
    }
  }
  var result = activate(sum);
  for (var i = 0u; i < 4u; i++) {
    if (group * 4u + i < params.outputs) {
      output[row * params.outputs + group * 4u + i] = result[i];
    }
  }
}
