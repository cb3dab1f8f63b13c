// Convolution of the network's input like stem.wgsl, for software adapters: a large tile, weights that 4 threads share, and loops around
// everything but the multiply-adds (conv-serial.wgsl explains why).
//
// A workgroup: 64 threads next to each other along the pixels, PIXELS each, all with the same GROUPS groups of output channels. The threads of
// a subgroup of 4 share the columns of 4 groups.
//
// Buffers, parameters and epilogue: lib/stem.wgsl. Constants: those of stem.wgsl, SUBGROUPS; QUARTERS is GROUPS / 4, LOADS is
// PIXELS * CHANNELS.

import package::lib::block::{Block};
import package::lib::common_block::{common_columns};
import package::lib::grid::{linear_id};
import package::lib::inside::{is_inside};
import package::lib::window::{Window, window_of};
import package::stem::lib::stem::{COLUMNS, input, params, pixel_address, store_biased};
import constants::{
  CHANNELS, DILATION_H, DILATION_W, GROUPS, KERNEL_H, KERNEL_W, LOADS, PAD_LEFT, PAD_TOP, PIXELS, QUARTERS, STRIDE_H,
  STRIDE_W, SUMS,
};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * PIXELS;
  let group = workgroup.z * GROUPS;
  if (linear_id(workgroup, local / 4u * 4u, 64u) * PIXELS >= params.pixels) {
    return;
  }
  let head = params.out_groups;
  let plane = params.height * params.width;
  var window: array<Window, PIXELS>;
  for (var p = 0u; p < PIXELS; p++) {
    window[p] = window_of(pixel + p, vec2u(STRIDE_H, STRIDE_W), vec2u(PAD_TOP, PAD_LEFT));
  }
  var sum: array<vec4f, SUMS>;

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let tap = (dy * KERNEL_W + dx) * COLUMNS;
      var value: array<f32, LOADS>;
      for (var P = 0u; P < PIXELS; P++) {
        let inside = is_inside(window[P], y, x);
        let at = pixel_address(window[P], y, x, inside);
        for (var C = 0u; C < CHANNELS; C++) {
          value[P * CHANNELS + C] = select(0.0, input[at + C * plane], inside);
        }
      }
      for (var Q = 0u; Q < QUARTERS; Q++) {
        var columns: array<Block, CHANNELS>;
        for (var C = 0u; C < CHANNELS; C++) {
          columns[C] = common_columns(head, group + Q * 4u, KERNEL_H * KERNEL_W * COLUMNS, tap + C, local);
        }
        for (var P = 0u; P < PIXELS; P++) {
          var first = sum[P * GROUPS + Q * 4u];
          var second = sum[P * GROUPS + Q * 4u + 1u];
          var third = sum[P * GROUPS + Q * 4u + 2u];
          var fourth = sum[P * GROUPS + Q * 4u + 3u];
          for (var C = 0u; C < CHANNELS; C++) {
            let x = value[P * CHANNELS + C];
            first += columns[C].first * x;
            second += columns[C].second * x;
            third += columns[C].third * x;
            fourth += columns[C].fourth * x;
          }
          sum[P * GROUPS + Q * 4u] = first;
          sum[P * GROUPS + Q * 4u + 1u] = second;
          sum[P * GROUPS + Q * 4u + 2u] = third;
          sum[P * GROUPS + Q * 4u + 3u] = fourth;
        }
      }
    }
  }

  for (var p = 0u; p < PIXELS; p++) {
    for (var g = 0u; g < GROUPS; g++) {
      store_biased(sum[p * GROUPS + g], pixel + p, group + g);
    }
  }
}
