// Softmax over the splits of split attention (ResNeSt), or sigmoid if there is one split. One thread for each group of 4 channels c of
// all splits r. A channel's logit for split r is input channel (k * RADIX + r) * width + c % width, where width is the width of a cardinal
// group and k = c / width. So the input is ordered by cardinal group first, the output by split first.
//
// input   [n, 1] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// output  [n, 1] of `out_stride` groups, written from group `out_offset` on: RADIX splits of `groups` groups each; padding channels
//         become zero
//
// Constants: RADIX.

import package::lib::grid::{channel_mask};
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
  // Padding channels read the last channel's logits. Their result is dropped.
  let c = min(channel, params.channels - 1u);
  let cardinal = c / params.width;
  let at = (cardinal * RADIX + r) * params.width + c - cardinal * params.width;
  var group = unpack(input[image * params.in_stride + params.in_offset + at / 4u]);
  return group[at % 4u];
}

fn logits(image: u32, group: u32, r: u32) -> vec4f {
  let c = group * 4u;
  return vec4f(logit(image, c, r), logit(image, c + 1u, r), logit(image, c + 2u, r), logit(image, c + 3u, r));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  let image = workgroup.y;
  if (group >= params.groups) {
    return;
  }
  let inside = channel_mask(group, params.channels);
  let to = image * params.out_stride + params.out_offset + group;
  if (RADIX == 1u) {
    let value = 1.0 / (1.0 + exp(-logits(image, group, 0u)));
    output[to] = pack(select(vec4f(0.0), value, inside), params.step);
    return;
  }
  var top = logits(image, group, 0u);
  for (var r = 1u; r < RADIX; r++) {
    top = max(top, logits(image, group, r));
  }
  var sum = vec4f(0.0);
  for (var r = 0u; r < RADIX; r++) {
    sum += exp(logits(image, group, r) - top);
  }
  for (var r = 0u; r < RADIX; r++) {
    let value = exp(logits(image, group, r) - top) / sum;
    output[to + r * params.groups] = pack(select(vec4f(0.0), value, inside), params.step);
  }
}
