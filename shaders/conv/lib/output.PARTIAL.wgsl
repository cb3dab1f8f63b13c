// Replaces the epilogue of lib/conv.wgsl if a sum is only a part of the result. conv-sum.wgsl or winograd-output.wgsl continues.
//
// output  [parts, n, oh, ow] pixels of `out_groups` groups, float32

import package::conv::lib::params::{params};

@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn store_sum(sum: vec4f, pixel: u32, group: u32, part: u32) {
  if (pixel < params.pixels && group < params.out_groups) {
    output[(part * params.pixels + pixel) * params.out_groups + group] = sum;
  }
}
