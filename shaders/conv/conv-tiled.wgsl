// Convolution as implicit GEMM through workgroup memory. 64 threads compute (8 * PIXELS) output pixels x (8 * GROUPS) groups of 4 output
// channels, and each thread PIXELS x GROUPS of them. For GPUs without scalar loads from storage: each value is loaded once for all
// threads.
//
//                        b_tile: ROWS x COLUMNS          A step takes ROWS = 4 * DEPTH input channels of one tap. All threads load the
//                        (input x groups of output       step's input (a_tile) and weights (b_tile) into workgroup memory. Then each
//                        channels)                       multiplies, channel by channel, the column of a_tile that belongs to its
//    a_tile:            | thread | thread | .. 8         pixels by the row of b_tile that belongs to its output channels: PIXELS x
//    QUADS x ROWS       | thread | thread | .. times     GROUPS vec4f of sums. Thread t has pixels t / 8 * PIXELS and on, and the
//    (4 pixels x input) | .. 8 times                     groups t % 8, t % 8 + 8, ..: neighbours read neighbours.
//
// Buffers, parameters, SPLIT and BATCHED are as in conv.wgsl. A step takes DEPTH groups of input channels of one tap. Workgroup memory
// stores four pixels together, so that a thread reads as little as an outer product can: (PIXELS + 4 * GROUPS) values for
// 4 * PIXELS * GROUPS multiply-adds, with 2 + GROUPS vec4 in use in addition to the sums.
//
// Constants: those of conv.wgsl except PIXEL_THREADS. PIXELS is 4 or 8. QUADS = 2 * PIXELS, THREAD_QUADS = PIXELS / 4, COLUMNS = 8 * GROUPS.
// A_ROUNDS and B_ROUNDS (loads of a thread in a step) follow from the others.

import package::conv::lib::input::{input_at};
import package::conv::lib::kernel_size::{kernel_size};
import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::lib::grid::{linear_id};
import package::lib::weights::{columns_at};
import package::lib::window::{window_of};
import constants::{
  A_ROUNDS, B_ROUNDS, BATCHED, COLUMNS, DEPTH, GROUPED, GROUPS, LOADED_PIXELS, PADDED, PIXELS, QUADS, SPLIT, SUMS,
  THREAD_QUADS,
};

const ROWS = DEPTH * 4u;
// One more than needed, so that the rows of consecutive channels are in different banks.
const A_ROW = QUADS + 1u;
const B_ROW = COLUMNS + 1u;

var<workgroup> a_tile: array<vec4f, ROWS * A_ROW>;
var<workgroup> b_tile: array<vec4f, ROWS * B_ROW>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = workgroup.z / params.channel_tiles;
  let first_pixel = linear_id(workgroup, 0u, QUADS * 4u);
  let tile = workgroup.z % params.channel_tiles;
  var first_column = tile * COLUMNS;
  var end = params.out_groups;
  let head = params.out_groups;
  let kernel = kernel_size();
  let taps = kernel.x * kernel.y;
  var start = 0u;
  var to = params.in_groups;
  if (SPLIT) {
    start = min(part * params.share, to);
    to = min(start + params.share, to);
  }
  var batch = 0u;
  if (BATCHED) {
    batch = part;
  }
  var first_group = 0u;
  if (GROUPED) {
    // Every group of the convolution starts a tile, whose last columns may be idle.
    let width = params.group_out / 4u;
    let tiles = (width + COLUMNS - 1u) / COLUMNS;
    let own = tile / tiles;
    first_column = own * width + tile % tiles * COLUMNS;
    end = own * width + width;
    first_group = own * params.group_in / 4u;
  }

  // What this thread loads: 4 pixels x 4 channels at a time, transposed on the way, and 2 columns of weights at a time. A window takes two
  // registers for each pixel: its start in the input, and its corner's row and column in 16 bits each.
  let a_depth = local % DEPTH;
  let b_pair = local % (DEPTH * 2u);
  var origin: array<u32, LOADED_PIXELS>;
  var corner: array<u32, LOADED_PIXELS>;
  for (var R = 0u; R < A_ROUNDS; R++) {
    for (var P = 0u; P < 4u; P++) {
      let window = window_of(first_pixel + (local / DEPTH + R * (64u / DEPTH)) * 4u + P, vec2u(params.stride_h, params.stride_w), vec2u(params.pad_top, params.pad_left));
      let begin = (i32(window.image) + window.y) * i32(params.width) + window.x;
      origin[R * 4u + P] = (u32(begin) + batch * params.pixels) * params.in_stride + params.in_offset + first_group + a_depth;
      corner[R * 4u + P] = (u32(window.y + 32768) << 16u) | u32(window.x + 32768);
    }
  }

  var sum: array<vec4f, SUMS>;
  let column = local % 8u;
  let quad = local / 8u * THREAD_QUADS;

  for (var dy = 0u; dy < kernel.x; dy++) {
    for (var dx = 0u; dx < kernel.y; dx++) {
      let y = dy * params.dilation_h;
      let x = dx * params.dilation_w;
      let row = batch * head * taps + dy * kernel.y + dx;
      for (var c = start; c < to; c += DEPTH) {
        workgroupBarrier();
        for (var R = 0u; R < A_ROUNDS; R++) {
          var a: array<vec4f, 4>;
          for (var P = 0u; P < 4u; P++) {
            var inside = c + a_depth < params.in_groups;
            if (PADDED) {
              let at = corner[R * 4u + P];
              inside = inside && (at >> 16u) + y - 32768u < params.height && (at & 0xffffu) + x - 32768u < params.width;
            }
            let at = origin[R * 4u + P] + (y * params.width + x) * params.in_stride + c;
            a[P] = input_at(select(0u, at, inside), inside);
          }
          let at = a_depth * 4u * A_ROW + local / DEPTH + R * (64u / DEPTH);
          for (var P = 0u; P < 4u; P++) {
            a_tile[at + P * A_ROW] = vec4f(a[0][P], a[1][P], a[2][P], a[3][P]);
          }
        }
        for (var R = 0u; R < B_ROUNDS; R++) {
          let group = min(first_column + local / (DEPTH * 2u) + R * (32u / DEPTH), head - 1u);
          let block = (group * taps + row) * params.in_groups + min(c + b_pair / 2u, params.in_groups - 1u);
          let pair = columns_at(head, block * 2u + b_pair % 2u);
          let at = b_pair * 2u * B_ROW + local / (DEPTH * 2u) + R * (32u / DEPTH);
          b_tile[at] = pair.first;
          b_tile[at + B_ROW] = pair.second;
        }
        workgroupBarrier();
        for (var k = 0u; k < ROWS; k++) {
          var columns: array<vec4f, GROUPS>;
          for (var G = 0u; G < GROUPS; G++) {
            columns[G] = b_tile[k * B_ROW + G * 8u + column];
          }
          for (var Q = 0u; Q < THREAD_QUADS; Q++) {
            let pixels = a_tile[k * A_ROW + quad + Q];
            for (var P = 0u; P < 4u; P++) {
              for (var G = 0u; G < GROUPS; G++) {
                sum[(Q * 4u + P) * GROUPS + G] += columns[G] * pixels[P];
              }
            }
          }
        }
      }
    }
  }

  for (var P = 0u; P < PIXELS; P++) {
    for (var G = 0u; G < GROUPS; G++) {
      let group = first_column + G * 8u + column;
      if (!GROUPED || group < end) {
        store_sum(sum[P * GROUPS + G], first_pixel + quad * 4u + P, group, part);
      }
    }
  }
}
