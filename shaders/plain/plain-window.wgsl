// Max and average pooling: replaces pool.wgsl, with the same buffers, parameters and constants. One thread for each group of 4 channels of
// an output pixel. It skips the taps outside the input and counts the others.

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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroup.x * 64u + local;
  let x = item / params.groups;
  if (x >= params.out_width) {
    return;
  }
  let group = item % params.groups;
  let y = workgroup.y;
  let image = workgroup.z;
  var value = select(vec4f(0.0), vec4f(-3.4028234e38), MAX);
  var count = 0u;
  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let row = i32(y * STRIDE_H + dy) - i32(PAD_H);
      let column = i32(x * STRIDE_W + dx) - i32(PAD_W);
      if (COUNT_PAD && row < i32(params.in_height + PAD_H) && column < i32(params.in_width + PAD_W)) {
        count++;
      }
      if (row < 0 || row >= i32(params.in_height) || column < 0 || column >= i32(params.in_width)) {
        continue;
      }
      let pixel = (image * params.in_height + u32(row)) * params.in_width + u32(column);
      let v = unpack(input[pixel * params.in_stride + params.in_offset + group]);
      if (MAX) {
        value = maximum(value, v);
      } else {
        value += v;
      }
      if (!COUNT_PAD) {
        count++;
      }
    }
  }
  if (!MAX) {
    value /= f32(count);
  }
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
