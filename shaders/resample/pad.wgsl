// Padding on all sides: zeros, or the map mirrored without repeating its border pixels. One thread for each group of 4 channels of an
// output pixel.
//
// input   [n, in_h, in_w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: REFLECT (otherwise zeros).

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
  let row = i32(y) - i32(params.top);
  let column = i32(x) - i32(params.left);
  let to = (image * params.out_height + y) * params.out_width + x;
  var value = vec4f(0.0);
  // A negative coordinate becomes a huge unsigned one.
  if (REFLECT || (u32(row) < params.in_height && u32(column) < params.in_width)) {
    let pixel = (image * params.in_height + mirror(row, params.in_height)) * params.in_width + mirror(column, params.in_width);
    value = unpack(input[pixel * params.in_stride + params.in_offset + group]);
  }
  output[to * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
