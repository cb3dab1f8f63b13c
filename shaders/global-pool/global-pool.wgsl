// Mean of every channel over the map. A workgroup takes GROUP_LANES groups of 4 channels of one image. The threads of a group share the
// pixels, then add up in a fixed order.
//
// input   [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [n, 1] of `out_stride` groups, written from group `out_offset` on
//
// Constants: GROUP_LANES, PIXEL_LANES (powers of 2); RADIX: the number of splits of the channels that are summed, `groups` groups each
// (ResNeSt's pooled sum; 1 otherwise).

import package::lib::storage::{Group, pack, unpack};
import constants::{GROUP_LANES, PIXEL_LANES, RADIX};

struct Params {
  step: u32,
  groups: u32,      // of the output
  pixels: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read_write> output: array<Group>;

const SIZE = GROUP_LANES * PIXEL_LANES;
var<workgroup> partial: array<vec4f, SIZE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * GROUP_LANES + local % GROUP_LANES;
  let image = workgroup.y;
  // Threads beyond the last group sum it again and do not store.
  let first = params.in_offset + min(group, params.groups - 1u);
  var sum = vec4f(0.0);
  for (var pixel = local / GROUP_LANES; pixel < params.pixels; pixel += PIXEL_LANES) {
    let at = (image * params.pixels + pixel) * params.in_stride + first;
    for (var r = 0u; r < RADIX; r++) {
      sum += unpack(input[at + r * params.groups]);
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var lanes = PIXEL_LANES / 2u; lanes > 0u; lanes /= 2u) {
    if (local < lanes * GROUP_LANES) {
      partial[local] += partial[local + lanes * GROUP_LANES];
    }
    workgroupBarrier();
  }
  if (local < GROUP_LANES && group < params.groups) {
    let mean = partial[local] / f32(params.pixels);
    output[image * params.out_stride + params.out_offset + group] = pack(mean, params.step);
  }
}
