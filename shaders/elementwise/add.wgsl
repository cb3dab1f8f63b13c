// Sum of two views with an optional ReLU, if no earlier convolution can do it. One thread for each group of 4 channels.
//
// input   [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// other   like input with `other_*`; if BROADCAST, one pixel for each image, which is added to all of its pixels
// output  like input with `out_*`
//
// Constants: ACTIVATION, BROADCAST.

import package::lib::grid::{linear_id};
import package::lib::epilogue::{activate};
import package::lib::storage::{Group, pack, unpack};
import constants::{BROADCAST};

struct Params {
  step: u32,
  groups: u32,
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  other_stride: u32,
  other_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> other: array<Group>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  let other_at = select(at, image, BROADCAST);
  var value = unpack(input[at * params.in_stride + params.in_offset + group]);
  value += unpack(other[other_at * params.other_stride + params.other_offset + group]);
  value = activate(value);
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
