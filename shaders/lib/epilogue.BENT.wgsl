// Activations after a kernel's arithmetic, except ReLU (epilogue.wgsl). After activations that change zero, kernels clear padding channels.
//
// Constants: ACTIVATION, numbered in src/kernels/lib/curves.ts; AMOUNT, a leaky ReLU's slope or ELU's alpha.

import constants::{ACTIVATION, AMOUNT};

// exp(x) - 1 loses all digits near 0. The series keeps them, with an error of x^6 / 720.
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

// The sigmoid, for arguments whose exponentials neither overflow nor vanish.
fn logistic(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(-clamp(x, vec4f(-87.0), vec4f(87.0))));
}

fn activate(value: vec4f) -> vec4f {
  let positive = max(value, vec4f(0.0));
  let negative = min(value, vec4f(0.0));
  if (ACTIVATION == 2u) {
    return positive + f32(AMOUNT) * negative;
  }
  if (ACTIVATION == 3u) {
    return value * (1.0 / (1.0 + exp(-value)));
  }
  if (ACTIVATION == 4u) {
    return value * clamp(value / 6.0 + 0.5, vec4f(0.0), vec4f(1.0));
  }
  if (ACTIVATION == 5u) {
    return min(positive, vec4f(6.0));
  }
  if (ACTIVATION == 6u) {
    // tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)
    let e = exp(min(value, vec4f(20.0)));
    let n = e * (e + 2.0);
    return value * (n / (n + 2.0));
  }
  if (ACTIVATION == 7u) {
    return 0.5 * value * (1.0 + error_function(value * 0.70710678));
  }
  if (ACTIVATION == 8u) {
    return value * logistic(1.5957691 * (value + 0.044715 * value * value * value));
  }
  if (ACTIVATION == 9u) {
    return value * logistic(1.702 * value);
  }
  if (ACTIVATION == 10u) {
    return select(f32(AMOUNT) * exponential_less_one(negative), value, value > vec4f(0.0));
  }
  if (ACTIVATION == 11u) {
    // Some drivers' tanh gives NaN for large arguments. Beyond 10 the result is 1 to the last bit.
    return tanh(clamp(value, vec4f(-10.0), vec4f(10.0)));
  }
  if (ACTIVATION == 12u) {
    return 1.0 / (1.0 + exp(-value));
  }
  if (ACTIVATION == 13u) {
    return clamp(value / 6.0 + 0.5, vec4f(0.0), vec4f(1.0));
  }
  return value;
}
