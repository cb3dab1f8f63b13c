// Blends two maps pixel by pixel: share * first + (1 - share) * second (the switch of SAC, Qiao et al. 2020). One thread for each
// group of 4 channels.
//
// first   [n, pixels] of `first_stride` groups of 4 channels, read from group `first_offset` on
// second  like first with `second_*`
// shares  like first with `share_*`; one channel
// output  like first with `out_*`

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
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let at = workgroup.z * params.pixels + pixel;
  let a = unpack(first[at * params.first_stride + params.first_offset + group]);
  let b = unpack(second[at * params.second_stride + params.second_offset + group]);
  let share = unpack(shares[at * params.share_stride + params.share_offset]).x;
  output[at * params.out_stride + params.out_offset + group] = pack(share * a + (1.0 - share) * b, params.step);
}
