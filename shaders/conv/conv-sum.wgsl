// The end of a convolution with a split sum: adds up the parts in order, then bias, residual and activation. One thread for each group
// of 4 channels of a pixel. It adds along the first axis of the input, which has `share` parts.
//
// input   [parts, n, oh, ow] pixels of `out_groups` groups, float32 (lib/output.PARTIAL.wgsl)

import package::conv::lib::input::{input_at};
import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::lib::grid::{linear_id};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let all = params.pixels * params.out_groups;
  var sum = vec4f(0.0);
  for (var part = 0u; part < params.share; part++) {
    sum += input_at(part * all + min(i, all - 1u), true);
  }
  store_sum(sum, i / params.out_groups, i % params.out_groups, 0u);
}
