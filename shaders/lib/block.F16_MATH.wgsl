// Weights for f16 arithmetic: those of 8 input x 4 output channels. The input channels are two groups of 4 at a distance of DEPTH groups.
//
// weights_f16  the buffer `weights` again, but with f16 as its type, because naga cannot extract f16 values from words. It is the last
//              binding, whatever its number

import constants::{DEPTH};

@group(0) @binding(5) var<storage, read> weights_f16: array<vec4h>;

alias Block = array<vec4h, 8>;

fn block_at(head: u32, block: u32) -> Block {
  var found: Block;
  for (var C = 0u; C < 8u; C++) {
    found[C] = weights_f16[head * 2u + (block + C / 4u * DEPTH) * 4u + C % 4u];
  }
  return found;
}
