// Convolution of the network's input: replaces all kernels of stem/. One thread for each group of 4 channels of an output pixel.
//
// Buffers, parameters and epilogue: stem/lib/stem.wgsl.

import package::lib::grid::{linear_id};
import package::lib::weights::{column_at};
import package::stem::lib::stem::{COLUMNS, input, params, store_biased};
import constants::{
  CHANNELS, DILATION_H, DILATION_W, KERNEL_H, KERNEL_W, PAD_LEFT, PAD_TOP, STRIDE_H, STRIDE_W,
};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  let pixel = item / params.out_groups;
  if (pixel >= params.pixels) {
    return;
  }
  let group = item % params.out_groups;
  let area = params.out_width * params.out_height;
  let image = pixel / area;
  let top = i32(pixel % area / params.out_width * STRIDE_H) - i32(PAD_TOP);
  let left = i32(pixel % params.out_width * STRIDE_W) - i32(PAD_LEFT);
  var sum = vec4f(0.0);
  for (var dy = 0u; dy < KERNEL_H; dy++) {
    let y = top + i32(dy * DILATION_H);
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let x = left + i32(dx * DILATION_W);
      if (y < 0 || y >= i32(params.height) || x < 0 || x >= i32(params.width)) {
        continue;
      }
      let tap = ((group * KERNEL_H + dy) * KERNEL_W + dx) * COLUMNS;
      for (var c = 0u; c < CHANNELS; c++) {
        let at = ((image * CHANNELS + c) * params.height + u32(y)) * params.width + u32(x);
        sum += column_at(params.out_groups, tap + c) * input[at];
      }
    }
  }
  store_biased(sum, pixel, group);
}
