// Mean and scale of each group of channels of each image, for group, instance and layer norm. A workgroup takes one such group (`part`):
// first the mean, then the mean squared distance from it. Two passes over cached data are better than the loss of digits in
// E[x^2] - E[x]^2.
//
// input       [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// parameters  float32: for each group of 4 channels the pair (gamma, beta), zero in padding channels
// output      float32 [n, groups, 3, 4]: mean, gamma / sqrt(variance + eps), beta of every channel; zero in padding
//             channels, so that norm-apply.wgsl gives zeros there
//
// Constant: CENTERED; without it the mean is not subtracted, but left at zero.

import package::lib::storage::{Group, unpack};
import constants::{CENTERED};

struct Params {
  step: u32,
  groups: u32,        // of 4 channels
  channels: u32,
  part: u32,          // channels that are normalised together
  pixels: u32,
  in_stride: u32,
  in_offset: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

const SIZE = 256u;
var<workgroup> partial: array<f32, SIZE>;

// The sum of all threads' values, added in a fixed order.
fn total(local: u32, value: f32) -> f32 {
  partial[local] = value;
  workgroupBarrier();
  for (var lanes = SIZE / 2u; lanes > 0u; lanes /= 2u) {
    if (local < lanes) {
      partial[local] += partial[local + lanes];
    }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

fn store(image: u32, channel: u32, mean: f32, scale: f32, shift: f32) {
  let at = (image * params.groups + channel / 4u) * 12u + channel % 4u;
  output[at] = mean;
  output[at + 4u] = scale;
  output[at + 8u] = shift;
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroup.y;
  let first = workgroup.x * params.part;
  let end = first + params.part;
  // The part is in these groups of 4. It may share the first and the last of them with its neighbours.
  let first_group = first / 4u;
  let span = (end + 3u) / 4u - first_group;
  let items = params.pixels * span;
  let count = f32(params.pixels * params.part);

  var mean = 0.0;
  if (CENTERED) {
    var sum = vec4f(0.0);
    for (var i = local; i < items; i += SIZE) {
      let pixel = i / span;
      let group = first_group + i - pixel * span;
      let channel = vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u);
      let inside = (channel >= vec4u(first)) & (channel < vec4u(end));
      let x = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + group]);
      sum += select(vec4f(0.0), x, inside);
    }
    mean = total(local, sum.x + sum.y + sum.z + sum.w) / count;
  }

  var square = vec4f(0.0);
  for (var i = local; i < items; i += SIZE) {
    let pixel = i / span;
    let group = first_group + i - pixel * span;
    let channel = vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u);
    let inside = (channel >= vec4u(first)) & (channel < vec4u(end));
    let x = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + group]) - mean;
    square += select(vec4f(0.0), x * x, inside);
  }
  let variance = total(local, square.x + square.y + square.z + square.w) / count;
  let inverse = 1.0 / sqrt(variance + params.eps);

  for (var channel = first + local; channel < end; channel += SIZE) {
    let at = channel / 4u * 8u + channel % 4u;
    store(image, channel, mean, parameters[at] * inverse, parameters[at + 4u]);
  }
  let padding = params.channels + local;
  if (end == params.channels && padding < params.groups * 4u) {
    store(image, padding, 0.0, 0.0, 0.0);
  }
}
