// Bilinear resize: replaces bilinear.wgsl, with the same buffers and parameters. One thread for each group of 4 channels of an output pixel.

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

// Position of output pixel i, in integers until the division, so that a position on a pixel is exact.
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
  let group = item % params.groups;
  let y = workgroup.y;
  let image = workgroup.z;
  let from_y = position(y, params.in_height, params.out_height);
  let from_x = position(x, params.in_width, params.out_width);
  let top = u32(from_y);
  let left = u32(from_x);
  var value = vec4f(0.0);
  for (var dy = 0u; dy < 2u; dy++) {
    for (var dx = 0u; dx < 2u; dx++) {
      let row = min(top + dy, params.in_height - 1u);
      let column = min(left + dx, params.in_width - 1u);
      let below = from_y - f32(top);
      let right = from_x - f32(left);
      var share = 1.0 - below;
      if (dy == 1u) {
        share = below;
      }
      if (dx == 1u) {
        share *= right;
      } else {
        share *= 1.0 - right;
      }
      let pixel = (image * params.in_height + row) * params.in_width + column;
      value += share * unpack(input[pixel * params.in_stride + params.in_offset + group]);
    }
  }
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
