// Mean and maximum over the channels of every pixel: the input of spatial attention (CBAM, Woo et al. 2018). LANES threads share a pixel, so
// a workgroup takes 64 / LANES pixels.
//
// input   [pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// output  [pixels] of `out_stride` groups, written to group `out_offset`: (mean, maximum), or if AVERAGE the mean of the two
//
// Constants: LANES (a power of 2 up to 64), AVERAGE.

import package::lib::grid::{channel_mask, linear_id};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{AVERAGE, LANES};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,      // of all images
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

// Sum and maximum of each lane.
var<workgroup> partial: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let pixel = linear_id(workgroup, local / LANES, 64u / LANES);
  // Threads beyond the last pixel compute it again and do not store.
  let source = min(pixel, params.pixels - 1u) * params.in_stride + params.in_offset;
  // Padding channels are zero, which matters only for the maximum.
  var sum = vec4f(0.0);
  var largest = vec4f(-3.4028234e38);
  for (var group = lane; group < params.groups; group += LANES) {
    let x = unpack(input[source + group]);
    sum += x;
    largest = maximum(largest, select(vec4f(-3.4028234e38), x, channel_mask(group, params.channels)));
  }
  let pair = maximum(largest, largest.zwxy);
  partial[local] = vec2f(sum.x + sum.y + sum.z + sum.w, maximum(pair, pair.yxwz).x);
  workgroupBarrier();
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    if (lane < lanes) {
      let other = partial[local + lanes];
      partial[local] = vec2f(partial[local].x + other.x, maximum(vec4f(partial[local].y), vec4f(other.y)).x);
    }
    workgroupBarrier();
  }
  if (lane > 0u || pixel >= params.pixels) {
    return;
  }
  let mean = partial[local].x / f32(params.channels);
  let most = partial[local].y;
  let value = select(vec4f(mean, most, 0.0, 0.0), vec4f(0.5 * (mean + most), 0.0, 0.0, 0.0), AVERAGE);
  output[pixel * params.out_stride + params.out_offset] = pack(value, params.step);
}
