// The kernels' layout to dense float32 NCHW; the inverse of from-nchw.wgsl, with the same tiles, slices and constants.
//
// input   [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  float32 [n, c, h, w], row-major

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, unpack};
import constants::{GROUP_TILE};

struct Params {
  step: u32,
  pixels: u32,          // h * w
  channels: u32,
  groups: u32,
  group_tiles: u32,     // workgroups along the groups
  slice_groups: u32,
  slice_channels: u32,
  in_stride: u32,
  in_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

const PIXEL_TILE = 64u / GROUP_TILE;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroup.z / params.group_tiles;
  let group = (workgroup.z % params.group_tiles) * GROUP_TILE + local % GROUP_TILE;
  let pixel = linear_id(workgroup, local / GROUP_TILE, PIXEL_TILE);
  if (pixel >= params.pixels || group >= params.groups) {
    return;
  }
  let slice = group / params.slice_groups;
  let first = (group - slice * params.slice_groups) * 4u; // within the slice
  let at = (image * params.channels + slice * params.slice_channels + first) * params.pixels + pixel;
  var value = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + group]);
  for (var i = 0u; i < 4u; i++) {
    if (first + i < params.slice_channels) {
      output[at + i * params.pixels] = value[i];
    }
  }
}
