// The first of two passes from an image to a tensor: filters along the rows.
//
// source  texture    the part of the image that the output needs, bytes as unorm
// tables  i32        from the start: for each output column, index of its first tap, then TAPS coefficients
// result  i32        [CHANNELS][height][width], with PILLOW rounded to 0..255, otherwise with 11 fractional bits
//
// LUMA reduces RGB to one channel as Pillow's convert('L') does, before filtering.

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
  let entry = (i % params.width) * (params.taps + 1u);
  let y = i32(i / params.width);
  let first = tables[entry];
  let last = i32(textureDimensions(source).x) - 1;
  var sum = vec3i(0);
  for (var t = 0u; t < params.taps; t++) {
    let x = clamp(first + i32(t), 0, last);
    var pixel = vec3i(textureLoad(source, vec2i(x, y), 0).rgb * 255.0 + 0.5);
    if (LUMA) {
      pixel.x = (pixel.x * 19595 + pixel.y * 38470 + pixel.z * 7471 + 0x8000) >> 16u;
    }
    sum += pixel * tables[entry + 1u + t];
  }
  if (PILLOW) {
    sum = clamp((sum + (1 << 21u)) >> vec3u(22u), vec3i(0), vec3i(255));
  }
  result[i] = sum.x;
  if (!LUMA) {
    result[i + area] = sum.y;
    result[i + 2u * area] = sum.z;
  }
}
