// A map times factors that are repeated along some axes: replaces multiply.wgsl, with the same buffers and parameters. One thread for each group of
// 4 channels, one after the other.

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
  let pixel = item / params.groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.groups;
  let image = workgroup.z;
  let at = image * params.pixels + pixel;
  let row = pixel / params.width;
  let column = pixel % params.width;
  let source = image * params.factor_pixels + row * params.row_step + column * params.column_step;
  var x = unpack(input[at * params.in_stride + params.in_offset + group]);
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    var place = group * 4u + i;
    if (SINGLE) {
      place = 0u;
    }
    var factor = unpack(factors[source * params.factor_stride + params.factor_offset + place / 4u]);
    value[i] = x[i] * factor[place % 4u];
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
