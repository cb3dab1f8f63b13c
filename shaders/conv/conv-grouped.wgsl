// Convolution with groups that are too narrow for a tile of the other kernels (grouped.ts), including depthwise. A thread computes
// PIXELS output pixels x 4 output channels. Each group of 4 output channels has its own range of input groups.
//
// A workgroup: 64 threads next to each other along the pixels, PIXELS each, all with the same group of 4 output channels, hence the same weights.
//
//    output group g reads    | first_group_of(g) .. + in_groups |    of the input's groups of 4; depthwise: just g
//
// Buffers, parameters and epilogue as in conv.wgsl. The weights of 4 output channels are dense over the groups of 4 input channels that
// any of them needs, with zeros for channels of other convolution groups. Depthwise weights are diagonal blocks. So one kernel works
// for every width, including odd ones.

import package::conv::lib::kernel_size::{kernel_size};
import package::conv::lib::load::{input_address, load_input};
import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::lib::channel_groups::{first_group_of};
import package::lib::common_block::{common_block};
import package::lib::grid::{linear_id};
import package::lib::inside::{is_inside};
import package::lib::multiply::{multiply_add};
import package::lib::window::{Window, window_of};
import constants::{PIXELS};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * PIXELS;
  let group = workgroup.z;
  // Neighbouring pixels are together, because they may share loads.
  if (linear_id(workgroup, local / 4u * 4u, 64u) * PIXELS >= params.pixels) {
    return;
  }
  let first_group = first_group_of(group);
  let head = params.out_groups;
  let kernel = kernel_size();
  let first_block = group * kernel.x * kernel.y * params.in_groups;
  var window: array<Window, PIXELS>;
  for (var P = 0u; P < PIXELS; P++) {
    window[P] = window_of(pixel + P, vec2u(params.stride_h, params.stride_w), vec2u(params.pad_top, params.pad_left));
  }
  var sum: array<vec4f, PIXELS>;

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
      let tap = first_block + (dy * kernel.y + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c++) {
        let block = common_block(head, tap + c, local);
        for (var P = 0u; P < PIXELS; P++) {
          sum[P] = multiply_add(sum[P], block, load_input(at[P] + c, inside[P]));
        }
      }
    }
  }

  for (var P = 0u; P < PIXELS; P++) {
    store_sum(sum[P], pixel + P, group, 0u);
  }
}
