// Loads are unconditional: outside the input the address is that of pixel 0 and the value is dropped, since a branch
// round every load makes compilers wait for each load by itself. Constant: PADDED.

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
