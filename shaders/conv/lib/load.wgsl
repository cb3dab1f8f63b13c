// Loads are unconditional. Outside the input, pixel 0 is loaded and its value is dropped. With a branch around every load, compilers
// would wait for each load separately. Constant: PADDED.

import package::conv::lib::input::{input_at, Values};
import package::conv::lib::params::{params};
import package::lib::window::{Window};
import constants::{PADDED};

fn input_address(window: Window, dy: u32, dx: u32, inside: bool, first_group: u32) -> u32 {
  let pixel = (window.image + u32(window.y + i32(dy))) * params.width + u32(window.x + i32(dx));
  return select(0u, pixel, inside) * params.in_stride + params.in_offset + first_group;
}

fn load_input(at: u32, inside: bool) -> Values {
  return input_at(at, !PADDED || inside);
}
