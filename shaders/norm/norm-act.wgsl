// Norms that include an activation, with the results of norm-statistics.wgsl. EvoNorm-S0 (Liu et al. 2020): x * sigmoid(slope * x) * scale +
// shift, where only the variance uses the mean. If THRESHOLD, filter response normalisation (Singh & Krishnan 2020):
// max(x * scale + shift, threshold). One thread for each group of 4 channels.
//
// input       [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// statistics  float32 [n, groups, 3, 4]: mean, scale, shift; zero in padding channels
// slopes      float32 [groups, 4]: slopes or thresholds; zero in padding channels
// output      like input with `out_*`
//
// Constant: THRESHOLD.

import package::lib::grid::{linear_id};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{THRESHOLD};

struct Params {
  step: u32,
  groups: u32,
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read> slopes: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  let numbers = (image * params.groups + group) * 3u;
  let x = unpack(input[at * params.in_stride + params.in_offset + group]);
  let slope = slopes[group];
  let gated = select(x / (1.0 + exp(-slope * x)), x, THRESHOLD);
  var value = gated * statistics[numbers + 1u] + statistics[numbers + 2u];
  if (THRESHOLD) {
    value = maximum(value, slope);
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
