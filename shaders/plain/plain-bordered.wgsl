// Padding on all sides: replaces pad.wgsl, with the same buffers and parameters. One thread for each group of 4 channels of an output pixel.

import package::lib::storage::{Group, pack, unpack};
import constants::{REFLECT};

struct Params {
  step: u32,
  groups: u32,
  out_width: u32,
  out_height: u32,
  in_width: u32,
  in_height: u32,
  top: u32,
  left: u32,
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
  let row = i32(y) - i32(params.top);
  let column = i32(x) - i32(params.left);
  let inside = row >= 0 && row < i32(params.in_height) && column >= 0 && column < i32(params.in_width);
  var value = vec4f(0.0);
  if (REFLECT || inside) {
    let pixel = (image * params.in_height + mirror(row, params.in_height)) * params.in_width + mirror(column, params.in_width);
    value = unpack(input[pixel * params.in_stride + params.in_offset + group]);
  }
  let to = (image * params.out_height + y) * params.out_width + x;
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
