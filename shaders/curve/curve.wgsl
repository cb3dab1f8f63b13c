// Activations that bend the values below zero: leaky ReLU, PReLU, ELU; GELU, tanh and others. One thread a group of 4 channels. All of them
// leave zero as it is, so padding channels stay zeros.
//
// input   [n, pixels] of `in_stride` groups of 4 channels, read from group `in_offset` on
// slopes  float32: of every channel, where CHANNELS (one slice), or one; not read unless LEARNED
// output  as the input, of `out_stride` groups, written from group `out_offset` on
//
// Constants: KIND 0 a line below zero, 1 ELU, 2 GELU, 3 tanh, 4 GELU by tanh, 5 x sigmoid(1.702 x), 6 ReLU6, 7 Mish; LEARNED, CHANNELS: where the slope comes from, else `amount`.

import package::lib::grid::{linear_id};
import package::lib::storage::{Group, pack, unpack};
import constants::{CHANNELS, KIND, LEARNED};

struct Params {
  step: u32,
  groups: u32,
  channels: u32,
  pixels: u32,      // of one image
  in_stride: u32,
  in_offset: u32,
  out_stride: u32,
  out_offset: u32,
  amount: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

fn slope_of(channel: u32) -> f32 {
  return slopes[select(0u, min(channel, params.channels - 1u), CHANNELS)];
}

// exp(x) - 1 loses all digits near 0, where its series has them: off by x^6 / 720.
fn exponential_less_one(x: vec4f) -> vec4f {
  let series = x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0))));
  return select(exp(x) - 1.0, series, x > vec4f(-0.125));
}

// Abramowitz and Stegun 7.1.26: off by at most 1.5e-7.
fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - tail * exp(-x * x));
}

// The sigmoid, of arguments whose powers neither overflow nor vanish.
fn logistic(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(-clamp(x, vec4f(-87.0), vec4f(87.0))));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = linear_id(workgroup, local, 64u);
  if (item >= params.pixels * params.groups) {
    return;
  }
  let pixel = item / params.groups;
  let group = item - pixel * params.groups;
  let at = workgroup.z * params.pixels + pixel;
  var value = unpack(input[at * params.in_stride + params.in_offset + group]);
  if (KIND == 0u) {
    var slope = vec4f(params.amount);
    if (LEARNED) {
      let first = group * 4u;
      slope = vec4f(slope_of(first), slope_of(first + 1u), slope_of(first + 2u), slope_of(first + 3u));
    }
    value = max(value, vec4f(0.0)) + slope * min(value, vec4f(0.0));
  } else if (KIND == 1u) {
    value = select(params.amount * exponential_less_one(min(value, vec4f(0.0))), value, value > vec4f(0.0));
  } else if (KIND == 2u) {
    value = 0.5 * value * (1.0 + error_function(value * 0.70710678));
  } else if (KIND == 4u) {
    value *= logistic(1.5957691 * (value + 0.044715 * value * value * value));
  } else if (KIND == 5u) {
    value *= logistic(1.702 * value);
  } else if (KIND == 6u) {
    value = clamp(value, vec4f(0.0), vec4f(6.0));
  } else if (KIND == 7u) {
    // tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)
    let e = exp(min(value, vec4f(20.0)));
    let n = e * (e + 2.0);
    value *= n / (n + 2.0);
  } else {
    // Some drivers' tanh gives NaN for large arguments; beyond 10 it is 1 to the last bit.
    value = tanh(clamp(value, vec4f(-10.0), vec4f(10.0)));
  }
  output[at * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
