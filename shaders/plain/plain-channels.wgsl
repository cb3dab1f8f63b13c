// Mean and maximum over the channels of every pixel: replaces channel-pool.wgsl, with the same buffers and parameters. One thread for each pixel.

import package::lib::grid::{linear_id};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{AVERAGE};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,      // of all images
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
  let pixel = linear_id(workgroup, local, 64u);
  if (pixel >= params.pixels) {
    return;
  }
  var sum = 0.0;
  var largest = vec4f(-3.4028234e38);
  for (var channel = 0u; channel < params.channels; channel++) {
    var group = unpack(input[pixel * params.in_stride + params.in_offset + channel / 4u]);
    sum += group[channel % 4u];
    largest = maximum(largest, vec4f(group[channel % 4u]));
  }
  let mean = sum / f32(params.channels);
  var value = vec4f(mean, largest.x, 0.0, 0.0);
  if (AVERAGE) {
    value = vec4f(0.5 * (mean + largest.x), 0.0, 0.0, 0.0);
  }
  output[pixel * params.out_stride + params.out_offset] = pack(value, params.step);
}
