// The kernels' layout to dense float32 NCHW: replaces to-nchw.wgsl, with the same buffers and parameters. One thread for each group of 4
// channels of a pixel; threads go along the groups.

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, unpack};

struct Params {
  step: u32,
  pixels: u32,          // h * w
  channels: u32,
  groups: u32,
  group_tiles: u32,     // workgroups along the groups
  slice_groups: u32,
  slice_channels: u32,
  in_stride: u32,
  in_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let pixel = item / params.groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.groups;
  let image = workgroup.z;
  let first = group % params.slice_groups * 4u;
  let plane = image * params.channels + group / params.slice_groups * params.slice_channels + first;
  var value = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + group]);
  for (var i = 0u; i < 4u; i++) {
    if (first + i < params.slice_channels) {
      output[(plane + i) * params.pixels + pixel] = value[i];
    }
  }
}
