// Max and average pooling with PyTorch's windows and divisors (aten/src/ATen/native/Pool.h, AvgPoolKernel.cpp).
// One thread for each group of 4 channels of an output pixel.
//
// input   [n, in_h, in_w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: KERNEL_H/W, STRIDE_H/W, PAD_H/W, MAX (otherwise average), COUNT_PAD (whether padding counts in the average's divisor).
//
// Loads are unconditional, at clamped coordinates. For the maximum that is enough: every window has an input pixel, so seeing a border pixel
// twice changes nothing, like padding with minus infinity. The average drops the values from outside. With ceil_mode, a last window may
// extend beyond the padding. That part never counts.

import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{COUNT_PAD, KERNEL_H, KERNEL_W, MAX, PAD_H, PAD_W, STRIDE_H, STRIDE_W};

struct Params {
  step: u32,
  groups: u32,
  out_width: u32,
  out_height: u32,
  in_width: u32,
  in_height: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

// How many rows (or columns) of a window count.
fn extent(start: i32, kernel: i32, size: i32, pad: i32) -> i32 {
  if (COUNT_PAD) {
    return min(start + kernel, size + pad) - start;
  }
  return min(start + kernel, size) - max(start, 0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroup.x * 64u + local;
  let x = item / params.groups;
  if (x >= params.out_width) {
    return;
  }
  let group = item - x * params.groups;
  let y = workgroup.y;
  let image = workgroup.z;
  let top = i32(y * STRIDE_H) - i32(PAD_H);
  let left = i32(x * STRIDE_W) - i32(PAD_W);
  let height = i32(params.in_height);
  let width = i32(params.in_width);

  var value = select(vec4f(0.0), vec4f(-3.4028234e38), MAX);
  for (var dy = 0u; dy < KERNEL_H; dy++) {
    let row = top + i32(dy);
    let line = (image * params.in_height + u32(clamp(row, 0, height - 1))) * params.in_width;
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let column = left + i32(dx);
      let pixel = line + u32(clamp(column, 0, width - 1));
      let v = unpack(input[pixel * params.in_stride + params.in_offset + group]);
      if (MAX) {
        value = maximum(value, v);
      } else {
        let inside = row >= 0 && row < height && column >= 0 && column < width;
        value += select(vec4f(0.0), v, inside);
      }
    }
  }
  if (!MAX) {
    value /= f32(extent(top, i32(KERNEL_H), height, i32(PAD_H)) * extent(left, i32(KERNEL_W), width, i32(PAD_W)));
  }
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
