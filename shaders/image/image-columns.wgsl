// The second of two passes from an image to a tensor: filters along the columns, rounds to bytes, normalises and pads.
//
// source  i32        [channels][sourceHeight][windowWidth], result of image-rows
// tables  i32        from `entries`: for each row of the window, index of its first tap, then TAPS coefficients;
//                    from `levels`: the normalised float of each of 256 levels of each channel, the pad value, and the
//                    crop's fill value for each channel
// result  f32        from `base`: [channels][height][width]
//
// The window is at (top, left) in a crop of cropHeight x cropWidth. Around the window is the crop's fill value, outside the crop the pad
// value. Normalising uses a look-up instead of (x - mean) / std, because WGSL's division may be off by 2.5 ulp.

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
  // Index of the last channel if the order is reversed, otherwise 0.
  reverse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<i32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

fn level(channel: u32, y: u32, x: u32) -> u32 {
  let entry = params.entries + y * (params.taps + 1u);
  let plane = select(channel, params.reverse - channel, params.reverse > 0u) * params.sourceHeight;
  let last = i32(params.sourceHeight) - 1;
  var sum = 0;
  for (var t = 0u; t < params.taps; t++) {
    let row = u32(clamp(tables[entry] + i32(t), 0, last));
    let value = source[(plane + row) * params.windowWidth + x];
    let coefficient = tables[entry + 1u + t];
    if (TRUNCATE) {
      // OpenCV's bilinear filter drops bits of each product to stay within 16 bits.
      sum += (coefficient * (value >> 4u)) >> 16u;
    } else {
      sum += coefficient * value;
    }
  }
  let rounded = select((sum + (1 << 21u)) >> 22u, (sum + 2) >> 2u, TRUNCATE);
  return u32(clamp(rounded, 0, 255));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let area = params.width * params.height;
  if (i >= area * params.channels) {
    return;
  }
  let channel = i / area;
  let y = (i % area) / params.width;
  let x = i % params.width;
  var index = params.channels * 256u;
  if (y < params.cropHeight && x < params.cropWidth) {
    index += 1u + channel;
    // Above or left of the window the differences wrap around and become large.
    if (y - params.top < params.windowHeight && x - params.left < params.windowWidth) {
      index = channel * 256u + level(channel, y - params.top, x - params.left);
    }
  }
  result[params.base + i] = bitcast<f32>(tables[params.levels + index]);
}
