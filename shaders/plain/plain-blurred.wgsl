// Binomial low-pass filter with reflected borders: replaces blur-pool.wgsl, with the same buffers and parameters. One thread for each group of 4
// channels of an output pixel.

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
  var place = i;
  if (place < 0) {
    place = -place;
  }
  if (place > last) {
    place = 2 * last - place;
  }
  return u32(place);
}

// Binomial coefficient: SIZE - 1 over i.
fn binomial(i: u32) -> f32 {
  var value = 1u;
  for (var k = 0u; k < i; k++) {
    value = value * (SIZE - 1u - k) / (k + 1u);
  }
  return f32(value);
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
  let border = i32((SIZE - 1u) / 2u);
  var sum = vec4f(0.0);
  for (var dy = 0u; dy < SIZE; dy++) {
    for (var dx = 0u; dx < SIZE; dx++) {
      let row = mirror(i32(y * STRIDE + dy) - border, params.in_height);
      let column = mirror(i32(x * STRIDE + dx) - border, params.in_width);
      let pixel = (image * params.in_height + row) * params.in_width + column;
      sum += binomial(dy) * binomial(dx) * unpack(input[pixel * params.in_stride + params.in_offset + group]);
    }
  }
  let total = f32(1u << (2u * (SIZE - 1u)));
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(sum / total, params.step);
}
