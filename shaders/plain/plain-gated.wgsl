// The second dispatch of a gate: replaces excite.wgsl, with the same buffers and parameters. One thread for each group of 4 channels of a
// pixel. It computes its factors itself.

import package::lib::channel_groups::{first_group_of};
import package::lib::epilogue::{activate};
import package::lib::grid::{channel_mask, linear_id};
import package::lib::relu::{relu};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};
import constants::{GROUPED, RADIX, SILU};

struct Params {
  step: u32,
  groups: u32,           // of a split
  channels: u32,         // of a split
  pixels: u32,           // of an image
  share: u32,            // pixels of a workgroup
  in_stride: u32,
  in_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  out_stride: u32,
  out_offset: u32,
  hidden_groups: u32,
  parts: u32,
  lane_bits: u32,        // 2 ^ lane_bits threads share a hidden group, up to 16
  row_groups: u32,
  out_groups: u32,       // rows of the matrix, 4 at a time
  in_groups: u32,        // blocks of a row
  group_in: u32,         // see lib/channel_groups.wgsl
  group_out: u32,
  last_start: u32,
  slice_groups: u32,
  slice_width: u32,
  epilogue: u32,         // 1 residual, 2 ReLU
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(4) var<storage, read> residual: array<Group>;
@group(0) @binding(5) var<storage, read_write> output: array<Group>;

fn hidden_at(image: u32, row: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var part = 0u; part < params.parts; part++) {
    sum += sums[(image * params.hidden_groups + row) * params.parts + part];
  }
  if (SILU) {
    return sum / (1.0 + exp(-sum));
  }
  return relu(sum);
}

fn logits_of(image: u32, group: u32, split: u32) -> vec4f {
  var row = split * params.row_groups + group;
  var start = 0u;
  if (GROUPED) {
    row += group / params.row_groups * (RADIX - 1u) * params.row_groups;
    start = first_group_of(row);
  }
  var sum = bias_at(row);
  for (var c = 0u; c < params.in_groups; c++) {
    var hidden = hidden_at(image, start + c);
    for (var i = 0u; i < 4u; i++) {
      sum += column_at(params.out_groups, (row * params.in_groups + c) * 4u + i) * hidden[i];
    }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let pixel = item / params.groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.groups;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  var logits: array<vec4f, RADIX>;
  var top = vec4f(-3.4028234e38);
  for (var r = 0u; r < RADIX; r++) {
    logits[r] = logits_of(image, group, r);
    top = max(top, logits[r]);
  }
  var sum = vec4f(0.0);
  if (RADIX == 1u) {
    sum = 1.0 + exp(-logits[0]);
    logits[0] = vec4f(1.0);
  } else {
    for (var r = 0u; r < RADIX; r++) {
      logits[r] = exp(logits[r] - top);
      sum += logits[r];
    }
  }
  let inside = channel_mask(group, params.channels);
  var value = vec4f(0.0);
  for (var r = 0u; r < RADIX; r++) {
    let factor = select(vec4f(0.0), logits[r] / sum, inside);
    value += unpack(input[at * params.in_stride + params.in_offset + r * params.groups + group]) * factor;
  }
  if ((params.epilogue & 1u) != 0u) {
    value += unpack(residual[at * params.residual_stride + params.residual_offset + group]);
  }
  if ((params.epilogue & 2u) != 0u) {
    value = relu(value);
  }
  output[at * params.out_stride + params.out_offset + group] = pack(activate(value), params.step);
}
