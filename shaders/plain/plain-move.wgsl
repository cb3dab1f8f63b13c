// Copies channels from view to view: replaces copy.wgsl, with the same buffers and parameters. One thread for each group of 4 output channels,
// one channel after the other.

import package::lib::storage::{Group, pack, unpack};
import constants::{ALIGNED, STRIDE_H, STRIDE_W};

struct Params {
  step: u32,
  out_groups: u32,
  out_channels: u32,    // if not ALIGNED
  out_width: u32,
  out_height: u32,
  in_groups: u32,
  in_channels: u32,     // if not ALIGNED
  in_width: u32,
  in_height: u32,
  first_channel: i32,
  first_image: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroup.x * 64u + local;
  let x = item / params.out_groups;
  if (x >= params.out_width) {
    return;
  }
  let group = item % params.out_groups;
  let y = workgroup.y;
  let image = workgroup.z;
  let pixel = (image * params.in_height + y * STRIDE_H) * params.in_width + x * STRIDE_W;
  let to = ((params.first_image + image) * params.out_height + y) * params.out_width + x;
  // Whole groups are copied with their padding, because ALIGNED kernels do not know its size.
  let in_channels = select(i32(params.in_channels), i32(params.in_groups * 4u), ALIGNED);
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let channel = i32(group * 4u + i) + params.first_channel;
    if (channel < 0 || channel >= in_channels || (!ALIGNED && group * 4u + i >= params.out_channels)) {
      continue;
    }
    var source = unpack(input[pixel * params.in_stride + params.in_offset + u32(channel) / 4u]);
    value[i] = source[u32(channel) % 4u];
  }
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
