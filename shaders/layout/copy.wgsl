// Copies channels from view to view: output channel c of pixel (y, x) is input channel c + first_channel of pixel
// (y * STRIDE_H, x * STRIDE_W), or zero if the input has no such channel. One thread for each group of 4 output channels. Used for parts of
// a concat that could not be written in place, slices that start within a group, stacking of batches, subsampling, and the parameter-free
// CIFAR shortcut "A" (He et al. 2015, section 4.2), which pads channels on both sides.
//
// input   [n, in_h, in_w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` and image `first_image` on;
//         padding channels become zero
//
// Constants: STRIDE_H, STRIDE_W; ALIGNED: first_channel is a multiple of 4, so whole groups are copied.

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

fn load_channel(pixel: u32, channel: i32) -> f32 {
  if (channel < 0 || channel >= i32(params.in_channels)) {
    return 0.0;
  }
  var group = unpack(input[pixel * params.in_stride + params.in_offset + u32(channel) / 4u]);
  return group[u32(channel) % 4u];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroup.x * 64u + local;
  let x = item / params.out_groups;
  if (x >= params.out_width) {
    return;
  }
  let group = item - x * params.out_groups;
  let y = workgroup.y;
  let image = workgroup.z;
  let pixel = (image * params.in_height + y * STRIDE_H) * params.in_width + x * STRIDE_W;
  let to = ((params.first_image + image) * params.out_height + y) * params.out_width + x;

  var value = vec4f(0.0);
  if (ALIGNED) {
    let source = i32(group) + params.first_channel / 4;
    if (source >= 0 && source < i32(params.in_groups)) {
      value = unpack(input[pixel * params.in_stride + params.in_offset + u32(source)]);
    }
  } else {
    for (var i = 0u; i < 4u; i++) {
      if (group * 4u + i < params.out_channels) {
        value[i] = load_channel(pixel, i32(group * 4u + i) + params.first_channel);
      }
    }
  }
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
