// A map times factors that are repeated along some axes: one for all channels of a pixel (spatial attention), one for a row or a column
// (strip attention), or as many as the map has values. One thread for each group of 4 channels.
//
// input    [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// factors  [n, factor_pixels] of `factor_stride` groups, read from group `factor_offset` on; one channel if SINGLE
// output   like input with `out_*`
//
// Constant: SINGLE.

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, pack, unpack};
import constants::{SINGLE};

struct Params {
  step: u32,
  groups: u32,
  width: u32,
  pixels: u32,          // of one image
  in_stride: u32,
  in_offset: u32,
  factor_pixels: u32,
  row_step: u32,        // pixels from one row of factors to the next, 0 if rows are repeated
  column_step: u32,
  factor_stride: u32,
  factor_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> factors: array<Group>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let row = pixel / params.width;
  let column = pixel - row * params.width;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  let source = image * params.factor_pixels + row * params.row_step + column * params.column_step;
  var factor = unpack(factors[source * params.factor_stride + params.factor_offset + select(group, 0u, SINGLE)]);
  if (SINGLE) {
    factor = vec4f(factor.x);
  }
  let x = unpack(input[at * params.in_stride + params.in_offset + group]);
  output[at * params.out_stride + params.out_offset + group] = pack(x * factor, params.step);
}
