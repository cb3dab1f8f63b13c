// Deformable convolution: replaces deform-conv.wgsl, with the same buffers and parameters. One thread for each group of 4 channels of an
// output pixel. It samples every input channel itself.

import package::lib::channel_groups::{first_group_of};
import package::lib::epilogue::{activate};
import package::lib::grid::{linear_id};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};
import constants::{
  DILATION_H, DILATION_W, GROUPED, KERNEL_H, KERNEL_W, MASK, MASK_PACKED, PAD_LEFT, PAD_TOP, STRIDE_H, STRIDE_W,
};

struct Params {
  step: u32,
  pixels: u32,         // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  in_groups: u32,      // groups of input channels that an output channel sums over
  in_stride: u32,
  in_offset: u32,
  at_stride: u32,
  at_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
  group_in: u32,       // channels of a convolution group, if GROUPED
  group_out: u32,
  last_start: u32,     // last possible start of a range, so that none ends beyond the last input group
  slice_groups: u32,   // groups of 4 and channels of each slice of the output
  slice_width: u32,
  deform_groups: u32,
  deform_width: u32,   // channels of a deform group
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> offsets: array<Group>;
@group(0) @binding(3) var<storage, read> masks: array<Group>;
@group(0) @binding(4) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(5) var<storage, read_write> output: array<Group>;

fn offset_at(pixel: u32, channel: u32) -> f32 {
  var group = unpack(offsets[pixel * params.at_stride + params.at_offset + channel / 4u]);
  return group[channel % 4u];
}

fn mask_at(pixel: u32, place: u32) -> f32 {
  if (MASK) {
    var group = unpack(masks[pixel * params.mask_stride + params.mask_offset + place / 4u]);
    return group[place % 4u];
  }
  if (MASK_PACKED) {
    return 1.0 / (1.0 + exp(-offset_at(pixel, 2u * KERNEL_H * KERNEL_W * params.deform_groups + place)));
  }
  return 1.0;
}

// Zero outside the map.
fn input_at(image: u32, y: i32, x: i32, channel: u32) -> f32 {
  if (y < 0 || y >= i32(params.height) || x < 0 || x >= i32(params.width)) {
    return 0.0;
  }
  let at = (image * params.height + u32(y)) * params.width + u32(x);
  var group = unpack(input[at * params.in_stride + params.in_offset + channel / 4u]);
  return group[channel % 4u];
}

fn sample_at(pixel: u32, dy: u32, dx: u32, channel: u32) -> f32 {
  let area = params.out_width * params.out_height;
  let image = pixel / area;
  let row = i32(pixel % area / params.out_width * STRIDE_H + dy * DILATION_H) - i32(PAD_TOP);
  let column = i32(pixel % params.out_width * STRIDE_W + dx * DILATION_W) - i32(PAD_LEFT);
  let deform_group = min(channel / params.deform_width, params.deform_groups - 1u);
  let place = (deform_group * KERNEL_H + dy) * KERNEL_W + dx;
  // Farther away all neighbours are outside. Clamped, because a large float may not be an integer.
  let y = clamp(f32(row) + offset_at(pixel, place * 2u), -1.0, f32(params.height));
  let x = clamp(f32(column) + offset_at(pixel, place * 2u + 1u), -1.0, f32(params.width));
  let top = i32(floor(y));
  let left = i32(floor(x));
  let below = y - floor(y);
  let right = x - floor(x);
  let upper = input_at(image, top, left, channel) * (1.0 - right) + input_at(image, top, left + 1, channel) * right;
  let lower = input_at(image, top + 1, left, channel) * (1.0 - right) + input_at(image, top + 1, left + 1, channel) * right;
  return (upper * (1.0 - below) + lower * below) * mask_at(pixel, place);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let pixel = item / params.out_groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.out_groups;
  var first_group = 0u;
  if (GROUPED) {
    first_group = first_group_of(group);
  }
  var sum = bias_at(group);
  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let tap = ((group * KERNEL_H + dy) * KERNEL_W + dx) * params.in_groups * 4u;
      for (var c = 0u; c < params.in_groups * 4u; c++) {
        sum += column_at(params.out_groups, tap + c) * sample_at(pixel, dy, dx, first_group * 4u + c);
      }
    }
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(activate(sum), params.step);
}
