// What follows the arithmetic of most kernels: nothing, or ReLU. The others are in epilogue.BENT.wgsl.

import package::lib::relu::{relu};
import constants::{ACTIVATION};

fn activate(value: vec4f) -> vec4f {
  if (ACTIVATION == 1u) {
    return relu(value);
  }
  return value;
}
