// Dense float32 NCHW to the kernels' layout. A thread makes one group of 4 channels of one pixel. A workgroup takes 8 groups of 8 pixels
// (1 group of 64 if there are few channels), so that both sides access whole 32-byte sectors.
//
// input   float32 [n, c, h, w], row-major
// output  [n, h, w] pixels of `out_stride` groups, written from group `out_offset` on; padding channels become zero
//
// All slices of the view have the same width. (The last one may be narrower only if it is the only one.) Slice s starts at
// group s * slice_groups and has the channels from s * slice_channels on.
//
// Constants: GROUP_TILE (1 or 8).

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, pack};
import constants::{GROUP_TILE};

struct Params {
  step: u32,
  pixels: u32,          // h * w
  channels: u32,
  groups: u32,
  group_tiles: u32,     // workgroups along the groups
  slice_groups: u32,
  slice_channels: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

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
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    if (first + i < params.slice_channels) {
      value[i] = input[at + i * params.pixels];
    }
  }
  output[(image * params.pixels + pixel) * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
