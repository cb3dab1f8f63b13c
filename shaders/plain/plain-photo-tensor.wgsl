// Filters an image along its columns and normalises: replaces image-columns.wgsl, with the same buffers, parameters and grid. One thread
// a value.

import package::lib::grid::{linear_id};
import constants::{TRUNCATE};

struct Params {
  step: u32,
  base: u32,
  channels: u32,
  height: u32,
  width: u32,
  cropHeight: u32,
  cropWidth: u32,
  top: u32,
  left: u32,
  windowHeight: u32,
  windowWidth: u32,
  sourceHeight: u32,
  entries: u32,
  taps: u32,
  levels: u32,
  // Last channel where the order is reversed, else 0.
  reverse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<i32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let area = params.width * params.height;
  let channel = i / area;
  if (channel >= params.channels) {
    return;
  }
  let y = i % area / params.width;
  let x = i % params.width;
  if (y >= params.cropHeight || x >= params.cropWidth) {
    result[params.base + i] = bitcast<f32>(tables[params.levels + params.channels * 256u]);
    return;
  }
  let is_inside = y >= params.top && y < params.top + params.windowHeight && x >= params.left && x < params.left + params.windowWidth;
  if (!is_inside) {
    result[params.base + i] = bitcast<f32>(tables[params.levels + params.channels * 256u + 1u + channel]);
    return;
  }
  let entry = params.entries + (y - params.top) * (params.taps + 1u);
  var plane = channel;
  if (params.reverse > 0u) {
    plane = params.reverse - channel;
  }
  var sum = 0;
  for (var t = 0u; t < params.taps; t++) {
    let row = u32(clamp(tables[entry] + i32(t), 0, i32(params.sourceHeight) - 1));
    let value = source[(plane * params.sourceHeight + row) * params.windowWidth + x - params.left];
    let coefficient = tables[entry + 1u + t];
    if (TRUNCATE) {
      sum += (coefficient * (value >> 4u)) >> 16u;
    } else {
      sum += coefficient * value;
    }
  }
  if (TRUNCATE) {
    sum = (sum + 2) >> 2u;
  } else {
    sum = (sum + (1 << 21u)) >> 22u;
  }
  let level = u32(clamp(sum, 0, 255));
  result[params.base + i] = bitcast<f32>(tables[params.levels + channel * 256u + level]);
}
