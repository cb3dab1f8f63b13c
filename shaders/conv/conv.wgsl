// Convolution as implicit GEMM. A thread computes PIXELS output pixels x GROUPS groups of 4 output channels in registers. It reads weights
// at addresses that are the same in all threads of a workgroup row, so that they stay in scalar registers (AMD) or in one cache line.
//
// The tile of a workgroup. Each of its 64 threads keeps one cell of it in registers, PIXELS x GROUPS vec4f of sums:
//
//                            output pixels, as they lie in memory
//                           | PIXELS | PIXELS | .. PIXEL_THREADS times
//    output    4 * GROUPS   | thread | thread | ..    threads of a row read the same weights,
//    channels  4 * GROUPS   | thread | thread | ..    those of a column the same input
//              ..             64 / PIXEL_THREADS rows
//
// For each tap of the kernel and each STEP groups of input channels, a thread loads the value of each of its pixels. Then it adds to each
// sum a 4x4 block of weights times the pixel's value.
//
// Buffers, parameters and epilogue: lib/params.wgsl, input.wgsl, output.wgsl. Instead of the epilogue, the kernel can store parts of the
// sum. With SPLIT, several workgroups share the input channels of an output. With BATCHED, it is a pointwise convolution for each
// position of a Winograd tile, each with its own weights. `pixels` is then the number for one position.
//
// Constants: PADDED (whether a window has several taps or can leave the input), PIXELS, GROUPS, SUMS (their product), STEP (groups of input
// channels at a time; divides their number), DEPTH (Values at a time: STEP, or half of that if F16_MATH), PIXEL_THREADS (threads of a
// workgroup along the pixels; the others are along the channels), SPLIT, BATCHED, GROUPED (whether output channels of a tile share one
// group of input channels).

import package::conv::lib::input::{Values};
import package::conv::lib::kernel_size::{kernel_size};
import package::conv::lib::load::{input_address, load_input};
import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::lib::block::{block_at};
import package::lib::grid::{linear_id};
import package::lib::inside::{is_inside};
import package::lib::multiply::{multiply_add};
import package::lib::window::{Window, window_of};
import constants::{BATCHED, DEPTH, GROUPED, GROUPS, LOADS, PIXEL_THREADS, PIXELS, SPLIT, STEP, SUMS};

const CHANNEL_THREADS = 64u / PIXEL_THREADS;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  // This shows compilers that the channels are the same in all threads, so that they load the weights as scalars (AMD).
  var channel_thread = 0u;
  if (CHANNEL_THREADS > 1u) {
    channel_thread = local / PIXEL_THREADS;
  }
  let part = workgroup.z / params.channel_tiles;
  let pixel = linear_id(workgroup, local % PIXEL_THREADS, PIXEL_THREADS) * PIXELS;
  let group = (workgroup.z % params.channel_tiles * CHANNEL_THREADS + channel_thread) * GROUPS;
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }

  let head = params.out_groups;
  let kernel = kernel_size();
  let taps = kernel.x * kernel.y;
  var first_group = 0u;
  if (GROUPED) {
    first_group = group * 4u / params.group_out * params.group_in / 4u;
  }
  var start = 0u;
  var to = params.in_groups;
  if (SPLIT) {
    start = min(part * params.share, to);
    to = min(start + params.share, to);
  }
  var first_row = 0u;
  if (BATCHED) {
    first_group = part * params.pixels * params.in_stride;
    first_row = part * params.out_groups;
  }

  var window: array<Window, PIXELS>;
  for (var P = 0u; P < PIXELS; P++) {
    window[P] = window_of(pixel + P, vec2u(params.stride_h, params.stride_w), vec2u(params.pad_top, params.pad_left));
  }
  var row: array<u32, GROUPS>;
  var sum: array<vec4f, SUMS>;
  for (var G = 0u; G < GROUPS; G++) {
    // Groups beyond the last one read its weights and do not store.
    row[G] = (first_row + min(group + G, head - 1u)) * taps * params.in_groups;
  }

  for (var dy = 0u; dy < kernel.x; dy++) {
    for (var dx = 0u; dx < kernel.y; dx++) {
      let y = dy * params.dilation_h;
      let x = dx * params.dilation_w;
      var inside: array<bool, PIXELS>;
      var at: array<u32, PIXELS>;
      for (var P = 0u; P < PIXELS; P++) {
        inside[P] = is_inside(window[P], y, x);
        at[P] = input_address(window[P], y, x, inside[P], first_group);
      }
      let tap = (dy * kernel.y + dx) * params.in_groups;
      for (var c = start; c < to; c += STEP) {
        var value: array<Values, LOADS>;
        for (var D = 0u; D < DEPTH; D++) {
          for (var P = 0u; P < PIXELS; P++) {
            value[D * PIXELS + P] = load_input(at[P] + c + D, inside[P]);
          }
        }
        for (var D = 0u; D < DEPTH; D++) {
          for (var G = 0u; G < GROUPS; G++) {
            let block = block_at(head, row[G] + tap + c + D);
            for (var P = 0u; P < PIXELS; P++) {
              sum[P * GROUPS + G] = multiply_add(sum[P * GROUPS + G], block, value[D * PIXELS + P]);
            }
          }
        }
      }
    }
  }

  for (var P = 0u; P < PIXELS; P++) {
    for (var G = 0u; G < GROUPS; G++) {
      store_sum(sum[P * GROUPS + G], pixel + P, group + G, part);
    }
  }
}
