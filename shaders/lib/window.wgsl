// The part of the input that a convolution's output pixel reads: the row and column of its window's first tap, which padding can make
// negative, and the first row of its image among the rows of all images.

import shader::{params};

struct Window {
  y: i32,
  x: i32,
  image: u32,
}

fn window_of(pixel: u32, stride: vec2u, padding: vec2u) -> Window {
  // Threads beyond the last pixel compute it again and do not store.
  let p = min(pixel, params.pixels - 1u);
  let row = p / params.out_width;
  let column = p - row * params.out_width;
  let image = row / params.out_height;
  let line = row - image * params.out_height;
  return Window(i32(line * stride.x) - i32(padding.x), i32(column * stride.y) - i32(padding.y), image * params.height);
}
