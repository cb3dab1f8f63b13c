// Softmax over the middle axis of a dense tensor [outer, size, inner]: a row is every inner-th value. LANES threads share a row, so a
// workgroup takes 64 / LANES rows. The row's maximum is subtracted first, because exp overflows beyond 88.
//
// input, output  float32, row-major
//
// Constants: LANES (a power of 2 up to 64), LOG (store the logarithms).

import package::lib::grid::{linear_id};
import constants::{LANES, LOG};

struct Params {
  step: u32,
  rows: u32,        // outer * inner
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

var<workgroup> partial: array<f32, 64>;

fn largest(local: u32, value: f32) -> f32 {
  let lane = local % LANES;
  partial[local] = value;
  workgroupBarrier();
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    if (lane < lanes) {
      partial[local] = max(partial[local], partial[local + lanes]);
    }
    workgroupBarrier();
  }
  let result = partial[local - lane];
  workgroupBarrier();
  return result;
}

// The sum over the lanes of a row, added in a fixed order.
fn total(local: u32, value: f32) -> f32 {
  let lane = local % LANES;
  partial[local] = value;
  workgroupBarrier();
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    if (lane < lanes) {
      partial[local] += partial[local + lanes];
    }
    workgroupBarrier();
  }
  let sum = partial[local - lane];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let row = linear_id(workgroup, local / LANES, 64u / LANES);
  // Threads beyond the last row compute it again and do not store.
  let r = min(row, params.rows - 1u);
  let outer = r / params.inner;
  let first = outer * params.size * params.inner + (r - outer * params.inner);

  var top = -3.4028234e38;
  for (var i = lane; i < params.size; i += LANES) {
    top = max(top, input[first + i * params.inner]);
  }
  top = largest(local, top);
  var sum = 0.0;
  for (var i = lane; i < params.size; i += LANES) {
    sum += exp(input[first + i * params.inner] - top);
  }
  sum = total(local, sum);
  if (row >= params.rows) {
    return;
  }
  for (var i = lane; i < params.size; i += LANES) {
    let above = input[first + i * params.inner] - top;
    output[first + i * params.inner] = select(exp(above) / sum, above - log(sum), LOG);
  }
}
