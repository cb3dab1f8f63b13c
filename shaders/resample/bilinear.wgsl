// Bilinear resize as in PyTorch with align_corners false and no antialiasing: output pixel x is at (x + 0.5) * in / out - 0.5 of the input,
// but not before its first pixel. One thread for each group of 4 channels of an output pixel.
//
// input   [n, in_h, in_w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` on

import package::lib::storage::{Group, pack, unpack};

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

// Position of output pixel i, counted in half output pixels from the start, in integers, so that a position on a pixel is exact.
fn position(i: u32, in_size: u32, out_size: u32) -> f32 {
  let numerator = i32((2u * i + 1u) * in_size) - i32(out_size);
  return max(f32(numerator) / f32(2u * out_size), 0.0);
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
  let from_y = position(y, params.in_height, params.out_height);
  let from_x = position(x, params.in_width, params.out_width);
  let y0 = min(u32(from_y), params.in_height - 1u);
  let x0 = min(u32(from_x), params.in_width - 1u);
  let y1 = min(y0 + 1u, params.in_height - 1u);
  let x1 = min(x0 + 1u, params.in_width - 1u);
  let line0 = (image * params.in_height + y0) * params.in_width;
  let line1 = (image * params.in_height + y1) * params.in_width;
  let first = params.in_offset + group;
  let a = unpack(input[(line0 + x0) * params.in_stride + first]);
  let b = unpack(input[(line0 + x1) * params.in_stride + first]);
  let c = unpack(input[(line1 + x0) * params.in_stride + first]);
  let d = unpack(input[(line1 + x1) * params.in_stride + first]);
  let right = vec4f(from_x - f32(x0));
  let below = vec4f(from_y - f32(y0));
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(mix(mix(a, b, right), mix(c, d, right), below), params.step);
}
