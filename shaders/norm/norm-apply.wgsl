// (x - mean) * scale + shift with the results of norm-statistics.wgsl, then an optional residual and ReLU. The mean is subtracted first,
// because folding it into the shift would cost digits if it is large. One thread for each group of 4 channels.
//
// input       [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// statistics  float32 [n, groups, 3, 4]: mean, scale, shift
// residual    like input with `residual_*`; added before the ReLU if RESIDUAL (otherwise any buffer is bound)
// output      like input with `out_*`
//
// Constants: ACTIVATION, RESIDUAL.

import package::lib::grid::{linear_id};
import package::lib::epilogue::{activate};
import package::lib::storage::{Group, pack, unpack};
import constants::{RESIDUAL};

struct Params {
  step: u32,
  groups: u32,
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<Group>;
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
  var value = (x - statistics[numbers]) * statistics[numbers + 1u] + statistics[numbers + 2u];
  if (RESIDUAL) {
    value += unpack(residual[at * params.residual_stride + params.residual_offset + group]);
  }
  value = activate(value);
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
