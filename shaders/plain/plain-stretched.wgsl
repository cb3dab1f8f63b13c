// x * scale + shift of every channel: replaces affine.wgsl, with the same buffers and parameters. One thread for each group of 4 channels, one
// after the other.

import package::lib::epilogue::{activate};
import package::lib::grid::{linear_id};
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
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

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
  var x = unpack(input[at * params.in_stride + params.in_offset + group]);
  var scale = parameters[group * 2u];
  var shift = parameters[group * 2u + 1u];
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    value[i] = activate(vec4f(x[i] * scale[i] + shift[i])).x;
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
