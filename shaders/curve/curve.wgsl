// Every activation but ReLU, and PReLU. One thread for each group of 4 channels.
//
// input   [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// slopes  float32: one for every channel if CHANNELS (then there is one slice), otherwise a single one; only read if LEARNED
// output  as the input, of `out_stride` groups, written from group `out_offset` on
//
// Constants: ACTIVATION (lib/epilogue.wgsl); LEARNED, for PReLU; CHANNELS: whether it has a slope for each channel; MASKED: whether to
// clear padding channels, for which sigmoid(0) = 0.5, for example. Needs one slice.

import package::lib::epilogue::{activate};
import package::lib::grid::{channel_mask, linear_id};
import package::lib::storage::{Group, pack, unpack};
import constants::{CHANNELS, LEARNED, MASKED};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

fn slope_of(channel: u32) -> f32 {
  return slopes[select(0u, min(channel, params.channels - 1u), CHANNELS)];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let at = workgroup.z * params.pixels + pixel;
  var value = unpack(input[at * params.in_stride + params.in_offset + group]);
  if (LEARNED) {
    let first = group * 4u;
    let slope = vec4f(slope_of(first), slope_of(first + 1u), slope_of(first + 2u), slope_of(first + 3u));
    value = max(value, vec4f(0.0)) + slope * min(value, vec4f(0.0));
  }
  value = activate(value);
  if (MASKED) {
    value = select(vec4f(0.0), value, channel_mask(group, params.channels));
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
