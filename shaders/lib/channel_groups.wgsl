// First group of 4 input channels that a group of 4 output channels of a grouped convolution reads. Every slice of the output starts a
// new group, so the channel in the group counts, not the group's position. Must equal `groupRange` of src/kernels/lib/pack.ts.

import shader::{params};

fn first_group_of(group: u32) -> u32 {
  let channel = group / params.slice_groups * params.slice_width + group % params.slice_groups * 4u;
  return min(channel / params.group_out * params.group_in / 4u, params.last_start);
}
