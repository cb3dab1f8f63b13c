// Generalized-mean pooling (Radenovic et al. 2018): mean(max(x, eps)^p)^(1/p) of every channel. Threads as in
// global-pool.wgsl.
//
// input     [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on; one slice
// exponent  float32 [1]: p, if LEARNED (otherwise any buffer is bound)
// output    [n, 1] of `out_stride` groups, written from group `out_offset` on; padding channels become zero
//
// Constants: GROUP_LANES, PIXEL_LANES (powers of 2), LEARNED, CLAMP (whether values are raised to at least eps).

import package::lib::grid::{channel_mask};
import package::lib::maximum::{maximum};
import package::lib::storage::{Group, pack, unpack};
import constants::{CLAMP, GROUP_LANES, LEARNED, PIXEL_LANES};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
  p: f32,           // if not LEARNED
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> exponent: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

const SIZE = GROUP_LANES * PIXEL_LANES;
var<workgroup> partial: array<vec4f, SIZE>;

// x^p. WGSL's pow has no negative bases. An odd p keeps the sign, an even one drops it, as in PyTorch.
fn power(x: vec4f, p: f32) -> vec4f {
  let magnitude = pow(abs(x), vec4f(p));
  return select(magnitude, -magnitude, (x < vec4f(0.0)) & vec4<bool>(p % 2.0 == 1.0));
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroup.x * GROUP_LANES + local % GROUP_LANES;
  let image = workgroup.y;
  var p = params.p;
  if (LEARNED) {
    p = exponent[0];
  }
  // Threads beyond the last group sum it again and do not store.
  let first = params.in_offset + min(group, params.groups - 1u);
  var sum = vec4f(0.0);
  for (var pixel = local / GROUP_LANES; pixel < params.pixels; pixel += PIXEL_LANES) {
    var value = unpack(input[(image * params.pixels + pixel) * params.in_stride + first]);
    if (CLAMP) {
      value = maximum(value, vec4f(params.eps));
    }
    sum += power(value, p);
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
    let inside = channel_mask(group, params.channels);
    let value = select(vec4f(0.0), power(mean, 1.0 / p), inside);
    output[image * params.out_stride + params.out_offset + group] = pack(value, params.step);
  }
}
