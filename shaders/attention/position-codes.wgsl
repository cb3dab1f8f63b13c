// Learned codes of the distances on both axes, for GeneralizedAttention (Zhu et al. 2019): a linear layer over the sines, then the
// cosines, of multiples of the distance, divided by the square root of 2. A workgroup takes one distance. Its threads first compute the
// sines and cosines, then one channel each.
//
// table   float32: features / 4 frequencies, magnitude included, then a layer [channels, features / 2] for each axis
// output  float32 [columns + rows, channels]; the first column's distance is -`left`, the first row's -`above`

import package::lib::grid::{linear_id};

struct Params {
  step: u32,
  columns: u32,        // distances that occur
  rows: u32,
  left: u32,
  above: u32,
  channels: u32,
  frequencies: u32,    // features / 4
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

// Sines, then cosines. Twice MAX_FREQUENCIES of kernels/attention/dispatch.ts.
var<workgroup> waves: array<f32, 1024>;

// Sine (`shift` 0) or cosine (`shift` 0.5) to 2e-6 for angles up to 400. WGSL only promises 11 bits, and nothing beyond pi. n is the number
// of half turns nearest to x / pi: an integer for the sine, an integer and a half for the cosine. The remainder is within -pi/2..pi/2.
// pi is split into three parts, which keeps the subtraction exact (Cody and Waite 1980).
fn wave(x: f32, shift: f32) -> f32 {
  let turns = round(x * 0.31830988618 - shift);
  let n = turns + shift;
  let r = ((x - n * 3.140625) - n * 9.67025756835938e-4) - n * 6.2771141529083252e-7;
  let z = r * r;
  let tail = -0.16666666641626524 + z * (0.008333329385889463 + z * (-0.00019839334836096632 + z * 2.718311493989822e-6));
  let odd = abs(turns) % 2.0 == 1.0;
  // sin(r + n pi) changes its sign with every half turn; cos x = -sin(x - pi/2) changes it once more.
  return select(r + r * z * tail, -(r + r * z * tail), odd != (shift > 0.0));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = linear_id(workgroup, 0u, 1u);
  if (place >= params.columns + params.rows) {
    return;
  }
  let is_row = place >= params.columns;
  let distance = f32(select(i32(place - params.left), i32(place - params.columns - params.above), is_row));
  for (var i = local; i < params.frequencies; i += 64u) {
    let angle = distance * table[i];
    waves[i] = wave(angle, 0.0);
    waves[params.frequencies + i] = wave(angle, 0.5);
  }
  workgroupBarrier();
  let width = params.frequencies * 2u;
  for (var channel = local; channel < params.channels; channel += 64u) {
    let row = params.frequencies + (channel + select(0u, params.channels, is_row)) * width;
    var sum = 0.0;
    for (var i = 0u; i < width; i++) {
      sum += table[row + i] * waves[i];
    }
    output[place * params.channels + channel] = sum * 0.70710678;
  }
}
