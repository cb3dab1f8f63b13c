// Mean of every channel over the map: replaces global-pool.wgsl, with the same buffers and parameters. One thread for each group of 4 channels.

import package::lib::storage::{Group, pack, unpack};
import constants::{RADIX};

struct Params {
  step: u32,
  groups: u32,      // of the output
  pixels: u32,
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
  let group = workgroup.x * 64u + local;
  if (group >= params.groups) {
    return;
  }
  let image = workgroup.y;
  var sum = vec4f(0.0);
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    for (var r = 0u; r < RADIX; r++) {
      sum += unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + r * params.groups + group]);
    }
  }
  output[image * params.out_stride + params.out_offset + group] = pack(sum / f32(params.pixels), params.step);
}
