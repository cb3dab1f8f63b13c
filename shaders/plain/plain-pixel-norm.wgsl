// Layer norm over the channels of each pixel: replaces layer-norm.wgsl, with the same buffers and parameters. One thread for each pixel.

import package::lib::epilogue::{activate};
import package::lib::grid::{channel_mask, linear_id};
import package::lib::storage::{Group, pack, unpack};
import constants::{RESIDUAL};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,      // of all images
  in_stride: u32,
  in_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  out_stride: u32,
  out_offset: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u);
  if (pixel >= params.pixels) {
    return;
  }
  let source = pixel * params.in_stride + params.in_offset;
  var sum = 0.0;
  for (var group = 0u; group < params.groups; group++) {
    let x = unpack(input[source + group]);
    sum += x.x + x.y + x.z + x.w;
  }
  let mean = sum / f32(params.channels);
  var square = 0.0;
  for (var group = 0u; group < params.groups; group++) {
    let x = select(vec4f(0.0), unpack(input[source + group]) - mean, channel_mask(group, params.channels));
    square += dot(x, x);
  }
  let inverse = 1.0 / sqrt(square / f32(params.channels) + params.eps);
  for (var group = 0u; group < params.groups; group++) {
    let x = unpack(input[source + group]) - mean;
    var value = x * (inverse * parameters[group * 2u]) + parameters[group * 2u + 1u];
    if (RESIDUAL) {
      value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
    }
    output[pixel * params.out_stride + params.out_offset + group] = pack(activate(value), params.step);
  }
}
