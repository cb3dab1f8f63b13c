// Softmax over the splits of split attention: replaces radix-softmax.wgsl, with the same buffers and parameters. One thread for each group of 4
// channels of all splits, one channel after the other.

import package::lib::storage::{Group, pack, unpack};
import constants::{RADIX};

struct Params {
  step: u32,
  groups: u32,      // of a split
  channels: u32,    // of a split
  width: u32,       // channels of a cardinal group, in a split
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

fn logit(image: u32, channel: u32, r: u32) -> f32 {
  let at = (channel / params.width * RADIX + r) * params.width + channel % params.width;
  var group = unpack(input[image * params.in_stride + params.in_offset + at / 4u]);
  return group[at % 4u];
}

fn share(image: u32, channel: u32, r: u32) -> f32 {
  if (channel >= params.channels) {
    return 0.0;
  }
  let own = logit(image, channel, r);
  if (RADIX == 1u) {
    return 1.0 / (1.0 + exp(-own));
  }
  var top = own;
  for (var s = 0u; s < RADIX; s++) {
    top = max(top, logit(image, channel, s));
  }
  var sum = 0.0;
  for (var s = 0u; s < RADIX; s++) {
    sum += exp(logit(image, channel, s) - top);
  }
  return exp(own - top) / sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  if (group >= params.groups) {
    return;
  }
  let image = workgroup.y;
  for (var r = 0u; r < RADIX; r++) {
    var value = vec4f(0.0);
    for (var i = 0u; i < 4u; i++) {
      value[i] = share(image, group * 4u + i, r);
    }
    output[image * params.out_stride + params.out_offset + r * params.groups + group] = pack(value, params.step);
  }
}
