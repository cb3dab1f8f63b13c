// Learned codes of the distances on both axes: replaces position-codes.wgsl, with the same buffers and parameters. One thread for each value.

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

// Sine (`shift` 0) or cosine (`shift` 0.5) to 2e-6, as in position-codes.wgsl.
fn wave(x: f32, shift: f32) -> f32 {
  let turns = round(x * 0.31830988618 - shift);
  let n = turns + shift;
  let r = ((x - n * 3.140625) - n * 9.67025756835938e-4) - n * 6.2771141529083252e-7;
  let z = r * r;
  let tail = -0.16666666641626524 + z * (0.008333329385889463 + z * (-0.00019839334836096632 + z * 2.718311493989822e-6));
  let odd = abs(turns) % 2.0 == 1.0;
  return select(r + r * z * tail, -(r + r * z * tail), odd != (shift > 0.0));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let place = item / params.channels;
  if (place >= params.columns + params.rows) {
    return;
  }
  let channel = item % params.channels;
  var distance = i32(place) - i32(params.left);
  var row = channel;
  if (place >= params.columns) {
    distance = i32(place - params.columns) - i32(params.above);
    row += params.channels;
  }
  let first = params.frequencies + row * params.frequencies * 2u;
  var sum = 0.0;
  for (var i = 0u; i < params.frequencies; i++) {
    sum += table[first + i] * wave(f32(distance) * table[i], 0.0);
  }
  for (var i = 0u; i < params.frequencies; i++) {
    sum += table[first + params.frequencies + i] * wave(f32(distance) * table[i], 0.5);
  }
  output[item] = sum * 0.70710678;
}
