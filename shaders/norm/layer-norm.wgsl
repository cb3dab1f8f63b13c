// Layer norm over the channels of each pixel, in one pass over memory. LANES threads share a pixel, so a workgroup takes 64 / LANES pixels.
// First the mean is computed, then the mean squared distance from it, each summed in a fixed order.
//
// input       [pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// parameters  float32: for each group of 4 channels the pair (gamma, beta), zero in padding channels
// residual    like input with `residual_*`; added before the ReLU if RESIDUAL (otherwise any buffer is bound)
// output      like input with `out_*`
//
// Constants: LANES (a power of 2 up to 64), ACTIVATION, RESIDUAL.

import package::lib::grid::{channel_mask, linear_id};
import package::lib::epilogue::{activate};
import package::lib::storage::{Group, pack, unpack};
import constants::{LANES, RESIDUAL};

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

var<workgroup> partial: array<f32, 64>;

// The sum over the lanes of a pixel, added in a fixed order.
fn total(local: u32, value: f32) -> f32 {
  let lane = local % LANES;
  partial[local] = value;
  workgroupBarrier();
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    if (lane < lanes) {
      partial[local] += partial[local + lanes];
    }
    workgroupBarrier();
  }
  let sum = partial[local - lane];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let pixel = linear_id(workgroup, local / LANES, 64u / LANES);
  // Threads beyond the last pixel compute it again and do not store.
  let source = min(pixel, params.pixels - 1u) * params.in_stride + params.in_offset;

  // Padding channels are zero, so they need no mask here.
  var sum = vec4f(0.0);
  for (var group = lane; group < params.groups; group += LANES) {
    sum += unpack(input[source + group]);
  }
  let mean = total(local, sum.x + sum.y + sum.z + sum.w) / f32(params.channels);

  var square = vec4f(0.0);
  for (var group = lane; group < params.groups; group += LANES) {
    let inside = channel_mask(group, params.channels);
    let x = unpack(input[source + group]) - mean;
    square += select(vec4f(0.0), x * x, inside);
  }
  let variance = total(local, square.x + square.y + square.z + square.w) / f32(params.channels);
  let inverse = 1.0 / sqrt(variance + params.eps);

  if (pixel >= params.pixels) {
    return;
  }
  for (var group = lane; group < params.groups; group += LANES) {
    let x = unpack(input[source + group]) - mean;
    var value = x * (inverse * parameters[group * 2u]) + parameters[group * 2u + 1u];
    if (RESIDUAL) {
      value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
    }
    value = activate(value);
    output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
  }
}
