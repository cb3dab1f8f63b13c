// Whether a tap is inside the image. Constant: PADDED (whether a window can leave the input at all).

import package::lib::window::{Window};
import shader::{params};
import constants::{PADDED};

fn is_inside(window: Window, dy: u32, dx: u32) -> bool {
  if (!PADDED) {
    return true;
  }
  // A negative coordinate becomes a huge unsigned one.
  return u32(window.y + i32(dy)) < params.height && u32(window.x + i32(dx)) < params.width;
}
