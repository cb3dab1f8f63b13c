// The first dispatch of a gate: replaces squeeze.wgsl, with the same buffers and parameters. One thread for each row of the matrix, 4 outputs.
// It computes the means of all channels itself, and stores zeros for all parts but the first.

import package::lib::channel_groups::{first_group_of};
import package::lib::storage::{Group, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};
import constants::{GROUPED, RADIX};

struct Params {
  step: u32,
  groups: u32,        // of a split
  pixels: u32,        // of an image
  share: u32,         // pixels of a part
  in_stride: u32,
  in_offset: u32,
  parts: u32,         // workgroups of an image
  lane_bits: u32,     // 2 ^ lane_bits threads share a row of the matrix, up to 16
  out_groups: u32,    // rows of the matrix, 4 at a time
  in_groups: u32,     // blocks of a row
  group_in: u32,      // see lib/channel_groups.wgsl
  group_out: u32,
  last_start: u32,
  slice_groups: u32,
  slice_width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn mean_of(image: u32, group: u32) -> vec4f {
  var sum = vec4f(0.0);
  if (group < params.groups) {
    for (var pixel = 0u; pixel < params.pixels; pixel++) {
      for (var r = 0u; r < RADIX; r++) {
        sum += unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + r * params.groups + group]);
      }
    }
  }
  return sum / f32(params.pixels);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.x * 64u + local;
  if (row >= params.out_groups) {
    return;
  }
  let image = workgroup.z;
  var start = 0u;
  if (GROUPED) {
    start = first_group_of(row);
  }
  var total = bias_at(row);
  for (var block = 0u; block < params.in_groups; block++) {
    var mean = mean_of(image, start + block);
    for (var i = 0u; i < 4u; i++) {
      total += column_at(params.out_groups, (row * params.in_groups + block) * 4u + i) * mean[i];
    }
  }
  let to = (image * params.out_groups + row) * params.parts;
  output[to] = total;
  for (var part = 1u; part < params.parts; part++) {
    output[to + part] = vec4f(0.0);
  }
}
