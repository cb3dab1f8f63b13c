// One-dimensional convolution along the channels of a pooled vector, zero padded or CIRCULAR, then an activation: efficient
// channel attention (Wang et al. 2020). One thread for each group of 4 channels.
//
// input   [n, 1] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// taps    float32 [KERNEL]
// output  [n, 1] of `out_stride` groups, written from group `out_offset` on; padding channels become zero
//
// Constants: KERNEL (odd), CIRCULAR, ACTIVATION.

import package::lib::epilogue::{activate};
import package::lib::grid::{channel_mask};
import package::lib::storage::{Group, pack, unpack};
import constants::{CIRCULAR, KERNEL};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> taps: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

fn channel_at(image: u32, place: i32) -> f32 {
  let count = i32(params.channels);
  var channel = place;
  if (CIRCULAR) {
    channel = (place + i32(KERNEL) * count) % count;
  } else if (place < 0 || place >= count) {
    return 0.0;
  }
  var group = unpack(input[image * params.in_stride + params.in_offset + u32(channel) / 4u]);
  return group[u32(channel) % 4u];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  let image = workgroup.y;
  if (group >= params.groups) {
    return;
  }
  let first = i32(group * 4u) - i32(KERNEL / 2u);
  var sum = vec4f(0.0);
  for (var i = 0u; i < KERNEL; i++) {
    let c = first + i32(i);
    sum += taps[i] * vec4f(channel_at(image, c), channel_at(image, c + 1), channel_at(image, c + 2), channel_at(image, c + 3));
  }
  sum = activate(sum);
  let inside = channel_mask(group, params.channels);
  output[image * params.out_stride + params.out_offset + group] = pack(select(vec4f(0.0), sum, inside), params.step);
}
