// The convolution of stem.wgsl through workgroup memory, for GPUs without scalar loads from storage. 64 threads compute 64 output pixels x 8
// groups of 4 output channels, and each thread 8 x 1 of them. A step takes one row of the kernel: ROWS = KERNEL_W * CHANNELS input values
// for each pixel.
//
//                      | 8 groups of output channels        a_tile: ROWS x 16 fours of pixels, b_tile: ROWS x 8 columns of weights.
//    64 output pixels: | thread | thread | .. 8 times       Thread t has pixels t / 8 * 8 and on, and the group t % 8.
//    8 rows of 8       | ..
//
// Constants: those of stem.wgsl except PIXELS, GROUPS and SUMS; ROWS; A_ROUNDS and B_ROUNDS, values that a thread loads in a step.

import package::lib::grid::{linear_id};
import package::lib::inside::{is_inside};
import package::lib::weights::{column_at};
import package::lib::window::{Window, window_of};
import package::stem::lib::stem::{COLUMNS, input, params, pixel_address, store_biased};
import constants::{
  A_ROUNDS, B_ROUNDS, CHANNELS, DILATION_H, DILATION_W, KERNEL_H, KERNEL_W, PAD_LEFT, PAD_TOP, ROWS, STRIDE_H, STRIDE_W,
};

// One more than needed, so that the rows are in different banks.
const A_ROW = 17u;
const B_ROW = 9u;

// Rows are rounded up to the number of loads of all threads, so that no load needs a branch.
var<workgroup> a_tile: array<vec4f, A_ROUNDS * 4u * A_ROW>;
var<workgroup> b_tile: array<vec4f, B_ROUNDS * 8u * B_ROW>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_pixel = linear_id(workgroup, 0u, 64u);
  let first_group = workgroup.z * 8u;
  let head = params.out_groups;
  let plane = params.height * params.width;
  let load_quad = local % 16u;
  let load_row = local / 16u;
  let load_group = min(first_group + local % 8u, head - 1u);
  var window: array<Window, 4>;
  for (var P = 0u; P < 4u; P++) {
    window[P] = window_of(first_pixel + load_quad * 4u + P, vec2u(STRIDE_H, STRIDE_W), vec2u(PAD_TOP, PAD_LEFT));
  }
  var sum: array<vec4f, 8>;
  let column = local % 8u;
  let quad = local / 8u * 2u;

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    let y = dy * DILATION_H;
    workgroupBarrier();
    for (var round = 0u; round < A_ROUNDS; round++) {
      let row = min(round * 4u + load_row, ROWS - 1u);
      let x = row / CHANNELS * DILATION_W;
      var values: array<f32, 4>;
      for (var P = 0u; P < 4u; P++) {
        let inside = is_inside(window[P], y, x);
        values[P] = select(0.0, input[pixel_address(window[P], y, x, inside) + row % CHANNELS * plane], inside);
      }
      a_tile[(round * 4u + load_row) * A_ROW + load_quad] = vec4f(values[0], values[1], values[2], values[3]);
    }
    for (var round = 0u; round < B_ROUNDS; round++) {
      let row = min(round * 8u + local / 8u, ROWS - 1u);
      let tap = dy * KERNEL_W + row / CHANNELS;
      let at = (load_group * KERNEL_H * KERNEL_W + tap) * COLUMNS + row % CHANNELS;
      b_tile[(round * 8u + local / 8u) * B_ROW + local % 8u] = column_at(head, at);
    }
    workgroupBarrier();
    for (var row = 0u; row < ROWS; row++) {
      let weights = b_tile[row * B_ROW + column];
      for (var Q = 0u; Q < 2u; Q++) {
        let pixels = a_tile[row * A_ROW + quad + Q];
        for (var P = 0u; P < 4u; P++) {
          sum[Q * 4u + P] += weights * pixels[P];
        }
      }
    }
  }

  for (var P = 0u; P < 8u; P++) {
    store_biased(sum[P], first_pixel + quad * 4u + P, first_group + column);
  }
}
