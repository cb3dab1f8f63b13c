// Convolution: replaces all kernels of conv/. One thread for each group of 4 channels of an output pixel.
//
// Buffers, parameters and epilogue: conv/lib/params.wgsl, output.wgsl; the input as in conv/lib/input.wgsl.

import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::lib::channel_groups::{first_group_of};
import package::lib::grid::{linear_id};
import package::lib::storage::{Group, unpack};
import package::lib::weights::{column_at};

@group(0) @binding(1) var<storage, read> input: array<Group>;

// If the output has slices, they tell which channels are in a group of 4 (conv-grouped.wgsl).
fn first_input_of(group: u32) -> u32 {
  if (params.slice_groups > 0u) {
    return first_group_of(group);
  }
  return group * 4u / params.group_out * params.group_in / 4u;
}

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
  let top = i32(pixel % area / params.out_width * params.stride_h) - i32(params.pad_top);
  let left = i32(pixel % params.out_width * params.stride_w) - i32(params.pad_left);
  let first = params.in_offset + first_input_of(group);
  var sum = vec4f(0.0);
  for (var dy = 0u; dy < params.kernel_h; dy++) {
    let y = top + i32(dy * params.dilation_h);
    for (var dx = 0u; dx < params.kernel_w; dx++) {
      let x = left + i32(dx * params.dilation_w);
      if (y < 0 || y >= i32(params.height) || x < 0 || x >= i32(params.width)) {
        continue;
      }
      let at = ((image * params.height + u32(y)) * params.width + u32(x)) * params.in_stride + first;
      let block = ((group * params.kernel_h + dy) * params.kernel_w + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c++) {
        var value = unpack(input[at + c]);
        for (var i = 0u; i < 4u; i++) {
          sum += column_at(params.out_groups, (block + c) * 4u + i) * value[i];
        }
      }
    }
  }
  store_sum(sum, pixel, group, 0u);
}
