// The first dispatch of a gate (squeeze-and-excitation, split attention): the mean of every channel over the map, times the first of two
// matrices. Both are sums. So a workgroup takes 16 groups of 4 channels and a part of the pixels, multiplies its share of the means, and
// excite.wgsl adds up the results. Every weight is read as often as there are parts of the pixels, usually once.
//
// A workgroup: thread t adds up group t % 16 over every THREADS / 16-th pixel of its part. The sums of a group become one mean by repeated
// halving. Then 2 ^ lane_bits threads share each row of the matrix, over the 64 columns for these means.
//
// input    [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on: RADIX splits of `groups` groups each
// weights  packed blocks of one tap, see lib/weights.wgsl
// output   float32 [n, out_groups, parts] groups of 4 channels
//
// Constants: THREADS (a power of 2, at least 32), RADIX (splits are summed), GROUPED (a row does not read all channels).

import package::lib::channel_groups::{first_group_of};
import package::lib::storage::{Group, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};
import constants::{GROUPED, RADIX, THREADS};

struct Params {
  step: u32,
  groups: u32,        // of a split
  pixels: u32,        // of an image
  share: u32,         // pixels of a part
  in_stride: u32,
  in_offset: u32,
  parts: u32,         // workgroups of an image
  lane_bits: u32,     // 2 ^ lane_bits threads share a row of the matrix, up to 16
  out_groups: u32,    // rows of the matrix, 4 at a time
  in_groups: u32,     // blocks of a row
  group_in: u32,      // see lib/channel_groups.wgsl
  group_out: u32,
  last_start: u32,
  slice_groups: u32,
  slice_width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

var<workgroup> partial: array<vec4f, THREADS>;
var<workgroup> mean: array<vec4f, 16>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let slab = workgroup.x * 16u;
  let image = workgroup.z;
  let group = slab + local % 16u;
  let first = params.in_offset + min(group, params.groups - 1u);
  let begin = workgroup.y * params.share;
  let end = min(begin + params.share, params.pixels);
  var sum = vec4f(0.0);
  for (var pixel = begin + local / 16u; pixel < end; pixel += THREADS / 4u) {
    // Four loads in flight. Those beyond the end read the last pixel and are dropped.
    for (var U = 0u; U < 4u; U++) {
      let at = (image * params.pixels + min(pixel + U * (THREADS / 16u), end - 1u)) * params.in_stride + first;
      for (var R = 0u; R < RADIX; R++) {
        sum += select(vec4f(0.0), unpack(input[at + R * params.groups]), pixel + U * (THREADS / 16u) < end);
      }
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var threads = THREADS / 2u; threads >= 16u; threads /= 2u) {
    if (local < threads) {
      partial[local] += partial[local + threads];
    }
    workgroupBarrier();
  }
  if (local < 16u) {
    mean[local] = select(vec4f(0.0), partial[local] / f32(params.pixels), group < params.groups);
  }
  workgroupBarrier();

  let lanes = 1u << params.lane_bits;
  let lane = local & (lanes - 1u);
  let part = workgroup.y * ((params.groups + 15u) / 16u) + workgroup.x;
  for (var rows = 0u; rows < params.out_groups; rows += THREADS >> params.lane_bits) {
    // Rows beyond the last repeat it, and are not stored.
    let row = min(rows + (local >> params.lane_bits), params.out_groups - 1u);
    var start = 0u;
    if (GROUPED) {
      start = first_group_of(row);
    }
    var total = vec4f(0.0);
    for (var k = lane; k < 64u; k += lanes * 4u) {
      for (var U = 0u; U < 4u; U++) {
        let column = k + U * lanes;
        let block = slab + column / 4u - start;
        let at = (row * params.in_groups + min(block, params.in_groups - 1u)) * 4u + column % 4u;
        let factor = select(0.0, mean[column / 4u % 16u][column % 4u], block < params.in_groups);
        total = fma(column_at(params.out_groups, at), vec4f(factor), total);
      }
    }
    partial[local] = total;
    workgroupBarrier();
    if (lane == 0u && rows + (local >> params.lane_bits) < params.out_groups) {
      for (var i = 1u; i < lanes; i++) {
        total += partial[(local + i) % THREADS];
      }
      if (part == 0u) {
        total += bias_at(row);
      }
      output[(image * params.out_groups + row) * params.parts + part] = total;
    }
    workgroupBarrier();
  }
}
