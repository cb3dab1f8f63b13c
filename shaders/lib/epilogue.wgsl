// The last step of most kernels' arithmetic: nothing, or ReLU. Other activations are in epilogue.BENT.wgsl.

import package::lib::relu::{relu};
import constants::{ACTIVATION};

fn activate(value: vec4f) -> vec4f {
  if (ACTIVATION == 1u) {
    return relu(value);
  }
  return value;
}
