// Parameters and inputs that the kernels of conv.ts share.
//
// weights  packed blocks, see lib/weights.wgsl

import package::lib::weights::{WeightItem};

struct Params {
  step: u32,
  pixels: u32,         // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  in_groups: u32,      // groups of input channels that an output channel sums over
  in_stride: u32,
  in_offset: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  share: u32,          // with a split sum: groups of input channels of each part; in conv-sum.wgsl the number of parts
  channel_tiles: u32,  // workgroups along the output channels
  out_channels: u32,   // if MASKED
  group_in: u32,       // channels of a convolution group
  group_out: u32,
  last_start: u32,     // ranges of input groups start here at most, so that none ends after the last
  slice_groups: u32,   // groups of 4 and channels of each slice of the output
  slice_width: u32,
  kernel_h: u32,
  kernel_w: u32,
  stride_h: u32,
  stride_w: u32,
  dilation_h: u32,
  dilation_w: u32,
  pad_top: u32,
  pad_left: u32,
  epilogue: u32,       // what follows the sum: 1 residual, 2 ReLU
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
