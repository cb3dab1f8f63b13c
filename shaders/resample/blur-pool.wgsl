// Binomial low-pass filter with reflected borders, then every STRIDE-th pixel (Zhang 2019). One thread for each group of 4
// channels of an output pixel.
//
// input   [n, in_h, in_w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: SIZE (taps along each axis, up to 8), STRIDE.

import package::lib::storage::{Group, pack, unpack};
import constants::{SIZE, STRIDE};

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

// -1 becomes 1, size becomes size - 2.
fn mirror(i: i32, size: u32) -> u32 {
  let last = i32(size) - 1;
  return u32(last - abs(last - abs(i)));
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
  let top = i32(y * STRIDE) - i32((SIZE - 1u) / 2u);
  let left = i32(x * STRIDE) - i32((SIZE - 1u) / 2u);

  // Binomial coefficients in sequence: b(i + 1) = b(i) * (SIZE - 1 - i) / (i + 1). All are integers.
  var sum = vec4f(0.0);
  var row_tap = 1.0;
  for (var dy = 0u; dy < SIZE; dy++) {
    let line = (image * params.in_height + mirror(top + i32(dy), params.in_height)) * params.in_width;
    var tap = row_tap;
    for (var dx = 0u; dx < SIZE; dx++) {
      let pixel = line + mirror(left + i32(dx), params.in_width);
      sum += tap * unpack(input[pixel * params.in_stride + params.in_offset + group]);
      tap = tap * f32(SIZE - 1u - dx) / f32(dx + 1u);
    }
    row_tap = row_tap * f32(SIZE - 1u - dy) / f32(dy + 1u);
  }
  let total = f32(1u << (2u * (SIZE - 1u)));
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(sum / total, params.step);
}
