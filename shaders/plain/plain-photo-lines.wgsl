// Filters an image along its rows: replaces image-rows.wgsl, with the same buffers, parameters and grid. One thread for each pixel, one
// channel after the other.

import package::lib::grid::{linear_id};
import constants::{LUMA, PILLOW};

struct Params {
  step: u32,
  width: u32,
  height: u32,
  taps: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var source: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let area = params.width * params.height;
  if (i >= area) {
    return;
  }
  let entry = i % params.width * (params.taps + 1u);
  let y = i32(i / params.width);
  let last = i32(textureDimensions(source).x) - 1;
  let channels = select(3u, 1u, LUMA);
  for (var c = 0u; c < channels; c++) {
    var sum = 0;
    for (var t = 0u; t < params.taps; t++) {
      let x = clamp(tables[entry] + i32(t), 0, last);
      var texel = textureLoad(source, vec2i(x, y), 0);
      var value = i32(texel[c] * 255.0 + 0.5);
      if (LUMA) {
        let green = i32(texel.g * 255.0 + 0.5);
        let blue = i32(texel.b * 255.0 + 0.5);
        value = (value * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16u;
      }
      sum += value * tables[entry + 1u + t];
    }
    if (PILLOW) {
      sum = clamp((sum + (1 << 21u)) >> 22u, 0, 255);
    }
    result[i + c * area] = sum;
  }
}
