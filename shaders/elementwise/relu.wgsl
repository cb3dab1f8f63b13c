// ReLU of every value, if no earlier convolution can do it. One thread for each group of 4 channels.
//
// input   [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  the same with `out_stride` groups, written from group `out_offset` on

import package::lib::grid::{linear_id};
import package::lib::relu::{relu};
import package::lib::storage::{Group, pack, unpack};

struct Params {
  step: u32,
  groups: u32,
  pixels: u32,      // of one image
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
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let at = workgroup.z * params.pixels + pixel;
  let value = unpack(input[at * params.in_stride + params.in_offset + group]);
  output[at * params.out_stride + params.out_offset + group] = pack(relu(value), params.step);
}
