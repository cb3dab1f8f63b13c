// Sum of equal splits of the channels, each channel of every image multiplied by its factor, then an optional residual and an optional
// ReLU. This is the end of a squeeze-and-excitation block (one split), and both ends of split attention. One thread for each group of 4
// output channels.
//
// input     [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on: RADIX splits of `groups` groups each
// factors   [n, 1] of `factor_stride` groups, read from group `factor_offset` on, with splits as in input; any buffer if not FACTORS
// residual  [n, pixels] with `residual_*`; added before the ReLU if RESIDUAL (otherwise any buffer is bound)
// output    [n, pixels] with `out_*`
//
// Constants: RADIX, FACTORS, ACTIVATION, RESIDUAL.

import package::lib::grid::{linear_id};
import package::lib::epilogue::{activate};
import package::lib::storage::{Group, pack, unpack};
import constants::{FACTORS, RADIX, RESIDUAL};

struct Params {
  step: u32,
  groups: u32,      // of the output
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  factor_stride: u32,
  factor_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> factors: array<Group>;
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
  let source = at * params.in_stride + params.in_offset + group;
  let factor = image * params.factor_stride + params.factor_offset + group;
  var value = vec4f(0.0);
  for (var r = 0u; r < RADIX; r++) {
    var term = unpack(input[source + r * params.groups]);
    if (FACTORS) {
      term *= unpack(factors[factor + r * params.groups]);
    }
    value += term;
  }
  if (RESIDUAL) {
    value += unpack(residual[at * params.residual_stride + params.residual_offset + group]);
  }
  value = activate(value);
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
