// The second dispatch of a gate. It adds up the parts from squeeze.wgsl, applies the activation, multiplies by the second matrix, and takes
// the sigmoid (split attention: the softmax over the splits). With these factors it scales the map, then adds an optional residual and
// applies an optional ReLU. A workgroup does so for 16 groups of 4 channels and a part of the pixels. It computes all hidden values and its
// own factors again, which takes less time than starting another dispatch.
//
// A workgroup, step by step: all hidden values (2 ^ lane_bits threads each); 16 * RADIX rows of the second matrix (LANES threads
// each); factors of 16 groups; then the map, group t % 16 and every THREADS / 16-th pixel for thread t.
//
// input     [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on: RADIX splits of `groups` groups each
// sums      float32 [n, hidden_groups, parts] groups of 4 channels
// weights   packed blocks of one tap, see lib/weights.wgsl; rows by cardinal group, then split, `row_groups` each
// residual  [n, pixels] with `residual_*`; added before the ReLU; any buffer if there is none
// output    [n, pixels] with `out_*`
//
// Constants: THREADS (a power of 2, at least 32), RADIX, LANES (threads that share a row, a power of 2: at most THREADS / 16 / RADIX),
// HIDDEN (groups of 4 channels that fit, a power of 2), GROUPED (rows are ordered by cardinal groups, or do not read all hidden channels),
// SILU (otherwise ReLU inside).

import package::lib::channel_groups::{first_group_of};
import package::lib::grid::{channel_mask};
import package::lib::epilogue::{activate};
import package::lib::relu::{relu};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at, column_at, WeightItem};
import constants::{GROUPED, HIDDEN, LANES, RADIX, SILU, THREADS};

struct Params {
  step: u32,
  groups: u32,           // of a split
  channels: u32,         // of a split
  pixels: u32,           // of an image
  share: u32,            // pixels of a workgroup
  in_stride: u32,
  in_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  out_stride: u32,
  out_offset: u32,
  hidden_groups: u32,
  parts: u32,
  lane_bits: u32,        // 2 ^ lane_bits threads share a hidden group, up to 16
  row_groups: u32,
  out_groups: u32,       // rows of the matrix, 4 at a time
  in_groups: u32,        // blocks of a row
  group_in: u32,         // see lib/channel_groups.wgsl
  group_out: u32,
  last_start: u32,
  slice_groups: u32,
  slice_width: u32,
  epilogue: u32,         // 1 residual, 2 ReLU
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(4) var<storage, read> residual: array<Group>;
@group(0) @binding(5) var<storage, read_write> output: array<Group>;

const ROWS = 16u * RADIX;
var<workgroup> partial: array<vec4f, THREADS>;
var<workgroup> hidden: array<vec4f, HIDDEN>;
var<workgroup> factors: array<vec4f, ROWS>;

fn row_of(group: u32, split: u32) -> u32 {
  var before = split;
  if (GROUPED) {
    before += group / params.row_groups * (RADIX - 1u);
  }
  return before * params.row_groups + group;
}

fn activated(value: vec4f) -> vec4f {
  if (SILU) {
    return value / (1.0 + exp(-value));
  }
  return relu(value);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroup.z;
  let lanes = 1u << params.lane_bits;
  let lane = local & (lanes - 1u);
  for (var rows = 0u; rows < params.hidden_groups; rows += THREADS >> params.lane_bits) {
    // Rows beyond the last repeat it, and are not stored. Sums beyond the last repeat it, too, and are not added.
    let row = min(rows + (local >> params.lane_bits), params.hidden_groups - 1u);
    let first = (image * params.hidden_groups + row) * params.parts;
    var sum = vec4f(0.0);
    for (var k = lane; k < params.parts; k += lanes * 4u) {
      for (var U = 0u; U < 4u; U++) {
        let part = k + U * lanes;
        sum += select(vec4f(0.0), sums[first + min(part, params.parts - 1u)], part < params.parts);
      }
    }
    partial[local] = sum;
    workgroupBarrier();
    if (lane == 0u && rows + (local >> params.lane_bits) < params.hidden_groups) {
      for (var i = 1u; i < lanes; i++) {
        sum += partial[(local + i) % THREADS];
      }
      hidden[row % HIDDEN] = activated(sum);
    }
    workgroupBarrier();
  }

  // Threads beyond the last row or group repeat it.
  let slab = workgroup.x * 16u;
  let mine = min(local / LANES, ROWS - 1u);
  let group = min(slab + mine % 16u, params.groups - 1u);
  let row = row_of(group, mine / 16u);
  let columns = params.in_groups * 4u;
  var start = 0u;
  if (GROUPED) {
    start = first_group_of(row);
  }
  var logits = vec4f(0.0);
  for (var k = local % LANES; k < columns; k += LANES * 4u) {
    for (var U = 0u; U < 4u; U++) {
      let column = k + U * LANES;
      let factor = select(0.0, hidden[(start + column / 4u) % HIDDEN][column % 4u], column < columns);
      logits = fma(column_at(params.out_groups, row * columns + min(column, columns - 1u)), vec4f(factor), logits);
    }
  }
  partial[local] = logits;
  workgroupBarrier();
  if (local < ROWS) {
    let own = min(slab + local % 16u, params.groups - 1u);
    var sum = bias_at(row_of(own, local / 16u));
    for (var i = 0u; i < LANES; i++) {
      sum += partial[local * LANES + i];
    }
    factors[local] = sum;
  }
  workgroupBarrier();
  if (local < 16u) {
    let inside = channel_mask(slab + local, params.channels);
    var share: array<vec4f, RADIX>;
    var sum = vec4f(0.0);
    if (RADIX == 1u) {
      share[0] = vec4f(1.0);
      sum = 1.0 + exp(-factors[local]);
    } else {
      var top = factors[local];
      for (var R = 0u; R < RADIX; R++) {
        top = max(top, factors[R * 16u + local]);
      }
      for (var R = 0u; R < RADIX; R++) {
        share[R] = exp(factors[R * 16u + local] - top);
        sum += share[R];
      }
    }
    for (var R = 0u; R < RADIX; R++) {
      factors[R * 16u + local] = select(vec4f(0.0), share[R] / sum, inside);
    }
  }
  workgroupBarrier();

  let to = min((workgroup.y + 1u) * params.share, params.pixels);
  let at = slab + local % 16u;
  if (at >= params.groups) {
    return;
  }
  for (var pixel = workgroup.y * params.share + local / 16u; pixel < to; pixel += THREADS / 16u) {
    let item = image * params.pixels + pixel;
    var value = vec4f(0.0);
    for (var R = 0u; R < RADIX; R++) {
      value += unpack(input[item * params.in_stride + params.in_offset + R * params.groups + at]) * factors[R * 16u + local % 16u];
    }
    if ((params.epilogue & 1u) != 0u) {
      value += unpack(residual[item * params.residual_stride + params.residual_offset + at]);
    }
    if ((params.epilogue & 2u) != 0u) {
      value = relu(value);
    }
    value = activate(value);
    output[item * params.out_stride + params.out_offset + at] = pack(value, params.step);
  }
}
