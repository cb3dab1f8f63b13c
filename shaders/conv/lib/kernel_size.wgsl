// Height and width of the kernel. A constant 1 if there is no window. Constant: PADDED.

import package::conv::lib::params::{params};
import constants::{PADDED};

fn kernel_size() -> vec2u {
  return select(vec2u(1u, 1u), vec2u(params.kernel_h, params.kernel_w), PADDED);
}
