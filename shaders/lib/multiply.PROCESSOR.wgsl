// sum + block * x, one row after the other. SwiftShader's compiler has 16 registers and keeps a row's sum in one. With columns it would
// store and load the sums again after each of them. 3.9 instructions for each multiply-add instead of 6.3.

import package::lib::block::{Block};

fn multiply_add(sum: vec4f, block: Block, x: vec4f) -> vec4f {
  return sum + mat4x4f(block.first, block.second, block.third, block.fourth) * x;
}
