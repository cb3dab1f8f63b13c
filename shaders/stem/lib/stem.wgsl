// Parameters, buffers and epilogue of stem.wgsl and stem-tiled.wgsl.
//
// input    dense NCHW float32
// weights  packed blocks, see lib/weights.wgsl
// output   [n, oh, ow] pixels of `out_stride` groups of 4 channels, written from group `out_offset` on

import package::lib::epilogue::{activate};
import package::lib::storage::{Group, pack};
import package::lib::weights::{bias_at, WeightItem};
import package::lib::window::{Window};
import constants::{CHANNELS};

struct Params {
  step: u32,
  pixels: u32,      // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

// Columns of one tap.
const COLUMNS = (CHANNELS + 3u) / 4u * 4u;

fn pixel_address(window: Window, dy: u32, dx: u32, inside: bool) -> u32 {
  let row = window.image * CHANNELS + u32(window.y + i32(dy));
  return select(0u, row * params.width + u32(window.x + i32(dx)), inside);
}

fn store_biased(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum + bias_at(group);
  value = activate(value);
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
