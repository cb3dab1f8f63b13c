// One-dimensional convolution along the channels of a pooled vector: replaces channel-conv1d.wgsl, with the same buffers and parameters. One
// thread for each group of 4 channels, one channel after the other.

import package::lib::epilogue::{activate};
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * 64u + local;
  if (group >= params.groups) {
    return;
  }
  let image = workgroup.y;
  let count = i32(params.channels);
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let channel = i32(group * 4u + i);
    if (channel >= count) {
      continue;
    }
    var sum = 0.0;
    for (var k = 0u; k < KERNEL; k++) {
      var place = channel + i32(k) - i32(KERNEL / 2u);
      if (CIRCULAR) {
        place = (place + i32(KERNEL) * count) % count;
      }
      if (place >= 0 && place < count) {
        var source = unpack(input[image * params.in_stride + params.in_offset + u32(place) / 4u]);
        sum += taps[k] * source[u32(place) % 4u];
      }
    }
    value[i] = activate(vec4f(sum)).x;
  }
  output[image * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
