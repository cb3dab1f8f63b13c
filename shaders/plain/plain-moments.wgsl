// Mean and scale of each group of channels: replaces norm-statistics.wgsl, with the same buffers and parameters. One thread such a group.

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

fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  var group = unpack(input[(image * params.pixels + pixel) * params.in_stride + params.in_offset + channel / 4u]);
  return group[channel % 4u];
}

fn store(image: u32, channel: u32, mean: f32, scale: f32, shift: f32) {
  let at = (image * params.groups + channel / 4u) * 12u + channel % 4u;
  output[at] = mean;
  output[at + 4u] = scale;
  output[at + 8u] = shift;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.x * 64u + local) * params.part;
  if (first >= params.channels) {
    return;
  }
  let image = workgroup.y;
  let end = first + params.part;
  let count = f32(params.pixels * params.part);
  // Sums each pixel before adding these, because one long sum would lose digits.
  var mean = 0.0;
  if (CENTERED) {
    var sum = 0.0;
    for (var pixel = 0u; pixel < params.pixels; pixel++) {
      var own = 0.0;
      for (var channel = first; channel < end; channel++) {
        own += value_at(image, pixel, channel);
      }
      sum += own;
    }
    mean = sum / count;
  }
  var square = 0.0;
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    var own = 0.0;
    for (var channel = first; channel < end; channel++) {
      let x = value_at(image, pixel, channel) - mean;
      own += x * x;
    }
    square += own;
  }
  let inverse = 1.0 / sqrt(square / count + params.eps);
  for (var channel = first; channel < end; channel++) {
    let at = channel / 4u * 8u + channel % 4u;
    store(image, channel, mean, parameters[at] * inverse, parameters[at + 4u]);
  }
  if (end == params.channels) {
    for (var padding = end; padding < params.groups * 4u; padding++) {
      store(image, padding, 0.0, 0.0, 0.0);
    }
  }
}
