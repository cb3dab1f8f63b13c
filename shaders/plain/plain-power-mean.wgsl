// Generalized-mean pooling: replaces gem.wgsl, with the same buffers and parameters. One thread for each group of 4 channels.

import package::lib::grid::{channel_mask};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{CLAMP, LEARNED};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
  p: f32,           // if not LEARNED
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> exponent: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

// x^p. WGSL's pow knows no negative base; an odd p keeps its sign, an even one drops it, as in PyTorch.
fn power(x: vec4f, p: f32) -> vec4f {
  let magnitude = pow(abs(x), vec4f(p));
  return select(magnitude, -magnitude, (x < vec4f(0.0)) & vec4<bool>(p % 2.0 == 1.0));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  if (group >= params.groups) {
    return;
  }
  let image = workgroup.y;
  var p = params.p;
  if (LEARNED) {
    p = exponent[0];
  }
  var sum = vec4f(0.0);
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    var value = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + group]);
    if (CLAMP) {
      value = maximum(value, vec4f(params.eps));
    }
    sum += power(value, p);
  }
  let mean = power(sum / f32(params.pixels), 1.0 / p);
  let value = select(vec4f(0.0), mean, channel_mask(group, params.channels));
  output[image * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
