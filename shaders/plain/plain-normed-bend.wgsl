// Norms that include an activation: replaces norm-act.wgsl, with the same buffers and parameters. One thread for each group of 4 channels, one
// channel after the other.

import package::lib::grid::{linear_id};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{THRESHOLD};

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
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read> slopes: array<vec4f>;
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
  let numbers = (image * params.groups + group) * 3u;
  var x = unpack(input[at * params.in_stride + params.in_offset + group]);
  var scale = statistics[numbers + 1u];
  var shift = statistics[numbers + 2u];
  var slope = slopes[group];
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    if (THRESHOLD) {
      value[i] = maximum(vec4f(x[i] * scale[i] + shift[i]), vec4f(slope[i])).x;
    } else {
      value[i] = x[i] / (1.0 + exp(-slope[i] * x[i])) * scale[i] + shift[i];
    }
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
