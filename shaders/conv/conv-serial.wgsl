// Convolution as implicit GEMM for software adapters. A thread computes PIXELS output pixels x GROUPS groups of 4 output channels, as in
// conv.wgsl. But here loads and compilation take longest: SwiftShader makes 25 instructions for every value that a thread loads, with a
// check for each thread, and 4 for a multiply-add. So the tile is large, and 4 threads share the weights
// (lib/common_block.SUBGROUPS.wgsl). Only the multiply-adds are unrolled. Everything else is loops, which are compiled once.
//
// A workgroup: 64 threads next to each other along the pixels, PIXELS each, all with the same GROUPS groups of output channels. Four
// consecutive threads are the lanes of a subgroup, and all four lanes need the same weights.
//
// Buffers and parameters: lib/params.wgsl, input.wgsl.
// residual  like output; added before the ReLU; any buffer if there is none
// output    [n, oh, ow] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: PADDED, PIXELS, GROUPS, SUMS, DEPTH and LOADS (PIXELS * DEPTH) as in conv.wgsl, SUBGROUPS, ACTIVATION and MASKED as in lib/conv.wgsl.

import package::conv::lib::kernel_size::{kernel_size};
import package::conv::lib::load::{input_address, load_input};
import package::conv::lib::params::{params};
import package::lib::block::{Block};
import package::lib::common_block::{common_block};
import package::lib::grid::{channel_mask, linear_id};
import package::lib::inside::{is_inside};
import package::lib::multiply::{multiply_add};
import package::lib::epilogue::{activate};
import package::lib::relu::{relu};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at};
import package::lib::window::{window_of};
import constants::{DEPTH, GROUPS, LOADS, MASKED, PIXELS, SUMS};

@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * PIXELS;
  let group = workgroup.z * GROUPS;
  // Neighbouring pixels are together, because they may share loads.
  if (linear_id(workgroup, local / 4u * 4u, 64u) * PIXELS >= params.pixels) {
    return;
  }
  let head = params.out_groups;
  let kernel = kernel_size();
  let taps = kernel.x * kernel.y;
  let first_group = group * 4u / params.group_out * params.group_in / 4u;

  // A variable index also keeps the sums in memory, instead of in registers that are copied in every iteration of the loop.
  var sum: array<vec4f, SUMS>;
  var row: array<u32, GROUPS>;
  for (var g = 0u; g < GROUPS; g++) {
    // Groups beyond the last one read its weights and do not store.
    let own = min(group + g, head - 1u);
    row[g] = own * taps * params.in_groups;
    let bias = bias_at(own);
    for (var p = 0u; p < PIXELS; p++) {
      sum[p * GROUPS + g] = bias;
    }
  }

  for (var dy = 0u; dy < kernel.x; dy++) {
    for (var dx = 0u; dx < kernel.y; dx++) {
      let y = dy * params.dilation_h;
      let x = dx * params.dilation_w;
      var inside: array<bool, PIXELS>;
      var at: array<u32, PIXELS>;
      for (var p = 0u; p < PIXELS; p++) {
        let window = window_of(pixel + p, vec2u(params.stride_h, params.stride_w), vec2u(params.pad_top, params.pad_left));
        inside[p] = is_inside(window, y, x);
        at[p] = input_address(window, y, x, inside[p], first_group);
      }
      let tap = (dy * kernel.y + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c += DEPTH) {
        var value: array<vec4f, LOADS>;
        for (var D = 0u; D < DEPTH; D++) {
          for (var P = 0u; P < PIXELS; P++) {
            value[D * PIXELS + P] = load_input(at[P] + c + D, inside[P]);
          }
        }
        for (var G = 0u; G < GROUPS; G++) {
          var block: array<Block, DEPTH>;
          for (var D = 0u; D < DEPTH; D++) {
            block[D] = common_block(head, row[G] + tap + c + D, local);
          }
          for (var P = 0u; P < PIXELS; P++) {
            var more = sum[P * GROUPS + G];
            for (var D = 0u; D < DEPTH; D++) {
              more = multiply_add(more, block[D], value[D * PIXELS + P]);
            }
            sum[P * GROUPS + G] = more;
          }
        }
      }
    }
  }

  for (var p = 0u; p < PIXELS; p++) {
    for (var g = 0u; g < GROUPS; g++) {
      finish_sum(sum[p * GROUPS + g], pixel + p, group + g);
    }
  }
}

// Like lib/output.wgsl, for sums that started with the bias. CPUs compute both sides of a branch, including its loads, but they skip a
// loop without iterations.
fn finish_sum(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum;
  for (var i = 0u; i < (params.epilogue & 1u); i++) {
    value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
  }
  value = select(value, relu(value), (params.epilogue & 2u) != 0u);
  value = activate(value);
  if (MASKED) {
    value = select(vec4f(0.0), value, channel_mask(group, params.out_channels));
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
