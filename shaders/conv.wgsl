// Convolution as implicit GEMM: a thread computes up to PIXELS output pixels x 16 output channels in registers.
//
// input    [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// weights  packed blocks, see lib/weights.*.wgsl; all threads of a workgroup row read the same ones, so that they stay
//          in scalar registers or in one cache line
// residual like output; added before the ReLU where RESIDUAL (else any buffer is bound)
// output   [n, oh, ow] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: KERNEL_H/W, STRIDE_H/W, DILATION_H/W, PAD_TOP/LEFT, PADDED (whether a window can leave the input),
// PIXELS (1, 2 or 4), PIXEL_THREADS (threads of a workgroup along the pixels; the others are along the channels),
// GROUPED (output channels of a tile share one group of input channels), RELU, SIGMOID, RESIDUAL.
//
// Loads and epilogue: lib/conv.wgsl, lib/window.wgsl.

struct Params {
  step: u32,
  pixels: u32,         // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  in_groups: u32,      // groups of input channels that a tile sums over
  in_stride: u32,
  in_offset: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  group_in: u32,       // channels of a convolution group, where GROUPED
  group_out: u32,
  out_channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

const CHANNEL_THREADS = 64u / PIXEL_THREADS;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  // Said so that compilers see the channels to be the same in all threads, and load the weights as scalars (AMD).
  var channel_thread = 0u;
  if (CHANNEL_THREADS > 1u) {
    channel_thread = local / PIXEL_THREADS;
  }
  let pixel = linear_id(workgroup, local % PIXEL_THREADS, PIXEL_THREADS) * PIXELS;
  let group = (workgroup.z * CHANNEL_THREADS + channel_thread) * 4u;
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }

  // Groups past the last one read its weights and do not store.
  let head = params.out_groups;
  let last = head - 1u;
  let group1 = min(group + 1u, last);
  let group2 = min(group + 2u, last);
  let group3 = min(group + 3u, last);
  let taps = KERNEL_H * KERNEL_W;
  let blocks = taps * params.in_groups;
  var first_group = 0u;
  if (GROUPED) {
    first_group = group * 4u / params.group_out * params.group_in / 4u;
  }

  let window0 = window_of(pixel);
  let window1 = window_of(pixel + 1u);
  let window2 = window_of(pixel + 2u);
  let window3 = window_of(pixel + 3u);
  let bias0 = bias_at(group);
  let bias1 = bias_at(group1);
  let bias2 = bias_at(group2);
  let bias3 = bias_at(group3);
  var sum00 = bias0;
  var sum01 = bias1;
  var sum02 = bias2;
  var sum03 = bias3;
  var sum10 = bias0;
  var sum11 = bias1;
  var sum12 = bias2;
  var sum13 = bias3;
  var sum20 = bias0;
  var sum21 = bias1;
  var sum22 = bias2;
  var sum23 = bias3;
  var sum30 = bias0;
  var sum31 = bias1;
  var sum32 = bias2;
  var sum33 = bias3;

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let inside0 = is_inside(window0, y, x);
      let inside1 = is_inside(window1, y, x);
      let inside2 = is_inside(window2, y, x);
      let inside3 = is_inside(window3, y, x);
      let at0 = address(window0, y, x, inside0, first_group);
      let at1 = address(window1, y, x, inside1, first_group);
      let at2 = address(window2, y, x, inside2, first_group);
      let at3 = address(window3, y, x, inside3, first_group);
      let tap = (dy * KERNEL_W + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c++) {
        let block0 = block_at(head, group * blocks + tap + c);
        let block1 = block_at(head, group1 * blocks + tap + c);
        let block2 = block_at(head, group2 * blocks + tap + c);
        let block3 = block_at(head, group3 * blocks + tap + c);
        let x0 = load(at0 + c, inside0);
        sum00 = multiply_add(sum00, block0, x0);
        sum01 = multiply_add(sum01, block1, x0);
        sum02 = multiply_add(sum02, block2, x0);
        sum03 = multiply_add(sum03, block3, x0);
        if (PIXELS > 1u) {
          let x1 = load(at1 + c, inside1);
          sum10 = multiply_add(sum10, block0, x1);
          sum11 = multiply_add(sum11, block1, x1);
          sum12 = multiply_add(sum12, block2, x1);
          sum13 = multiply_add(sum13, block3, x1);
        }
        if (PIXELS > 2u) {
          let x2 = load(at2 + c, inside2);
          let x3 = load(at3 + c, inside3);
          sum20 = multiply_add(sum20, block0, x2);
          sum21 = multiply_add(sum21, block1, x2);
          sum22 = multiply_add(sum22, block2, x2);
          sum23 = multiply_add(sum23, block3, x2);
          sum30 = multiply_add(sum30, block0, x3);
          sum31 = multiply_add(sum31, block1, x3);
          sum32 = multiply_add(sum32, block2, x3);
          sum33 = multiply_add(sum33, block3, x3);
        }
      }
    }
  }

  store_sum(sum00, pixel, group);
  store_sum(sum01, pixel, group + 1u);
  store_sum(sum02, pixel, group + 2u);
  store_sum(sum03, pixel, group + 3u);
  if (PIXELS > 1u) {
    store_sum(sum10, pixel + 1u, group);
    store_sum(sum11, pixel + 1u, group + 1u);
    store_sum(sum12, pixel + 1u, group + 2u);
    store_sum(sum13, pixel + 1u, group + 3u);
  }
  if (PIXELS > 2u) {
    store_sum(sum20, pixel + 2u, group);
    store_sum(sum21, pixel + 2u, group + 1u);
    store_sum(sum22, pixel + 2u, group + 2u);
    store_sum(sum23, pixel + 2u, group + 3u);
    store_sum(sum30, pixel + 3u, group);
    store_sum(sum31, pixel + 3u, group + 1u);
    store_sum(sum32, pixel + 3u, group + 2u);
    store_sum(sum33, pixel + 3u, group + 3u);
  }
}
