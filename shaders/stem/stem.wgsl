// Convolution of the network's input. It reads the caller's dense float32 [n, c, h, w] tensor directly, so that no layout pass is needed
// before the first layer. A thread computes PIXELS output pixels x GROUPS groups of 4 output channels.
//
// A workgroup: 64 threads next to each other along the pixels, PIXELS each, all with the same GROUPS groups of output channels. The input has
// few channels, so one is processed at a time: a scalar of each pixel times a column of 4 weights.
//
// Buffers, parameters and epilogue: lib/stem.wgsl. Constants: KERNEL_H/W, STRIDE_H/W, DILATION_H/W, PAD_TOP/LEFT,
// PADDED, CHANNELS (of the input), PIXELS, GROUPS, SUMS (their product), ACTIVATION.

import package::lib::grid::{linear_id};
import package::lib::inside::{is_inside};
import package::lib::weights::{column_at};
import package::lib::window::{Window, window_of};
import package::stem::lib::stem::{COLUMNS, input, params, pixel_address, store_biased};
import constants::{
  CHANNELS, DILATION_H, DILATION_W, GROUPS, KERNEL_H, KERNEL_W, PAD_LEFT, PAD_TOP, PIXELS, STRIDE_H, STRIDE_W, SUMS,
};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * PIXELS;
  let group = workgroup.z * GROUPS;
  if (pixel >= params.pixels) {
    return;
  }
  let head = params.out_groups;
  let plane = params.height * params.width;
  var window: array<Window, PIXELS>;
  for (var P = 0u; P < PIXELS; P++) {
    window[P] = window_of(pixel + P, vec2u(STRIDE_H, STRIDE_W), vec2u(PAD_TOP, PAD_LEFT));
  }
  var row: array<u32, GROUPS>;
  var sum: array<vec4f, SUMS>;
  for (var G = 0u; G < GROUPS; G++) {
    // Groups beyond the last one read its weights and do not store.
    row[G] = min(group + G, head - 1u) * KERNEL_H * KERNEL_W * COLUMNS;
  }

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let tap = (dy * KERNEL_W + dx) * COLUMNS;
      var inside: array<bool, PIXELS>;
      var at: array<u32, PIXELS>;
      for (var P = 0u; P < PIXELS; P++) {
        inside[P] = is_inside(window[P], y, x);
        at[P] = pixel_address(window[P], y, x, inside[P]);
      }
      for (var c = 0u; c < CHANNELS; c++) {
        var value: array<f32, PIXELS>;
        for (var P = 0u; P < PIXELS; P++) {
          value[P] = select(0.0, input[at[P] + c * plane], inside[P]);
        }
        for (var G = 0u; G < GROUPS; G++) {
          let column = column_at(head, row[G] + tap + c);
          for (var P = 0u; P < PIXELS; P++) {
            sum[P * GROUPS + G] += column * value[P];
          }
        }
      }
    }
  }

  for (var P = 0u; P < PIXELS; P++) {
    for (var G = 0u; G < GROUPS; G++) {
      store_biased(sum[P * GROUPS + G], pixel + P, group + G);
    }
  }
}
