// Blends two maps pixel by pixel: replaces blend.wgsl, with the same buffers and parameters. One thread for each group of 4 channels, one
// channel after the other.

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, pack, unpack};

struct Params {
  step: u32,
  groups: u32,
  pixels: u32,      // of one image
  first_stride: u32,
  first_offset: u32,
  second_stride: u32,
  second_offset: u32,
  share_stride: u32,
  share_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<Group>;
@group(0) @binding(2) var<storage, read> second: array<Group>;
@group(0) @binding(3) var<storage, read> shares: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let pixel = item / params.groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.groups;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  var a = unpack(first[at * params.first_stride + params.first_offset + group]);
  var b = unpack(second[at * params.second_stride + params.second_offset + group]);
  let share = unpack(shares[at * params.share_stride + params.share_offset]).x;
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    value[i] = share * a[i] + (1.0 - share) * b[i];
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
