// sum + block * x, one column after the other, so that each is a single multiply-add.

import package::lib::block::{Block};

fn multiply_add(sum: vec4f, block: Block, x: vec4f) -> vec4f {
  let first = fma(block.first, vec4f(x.x), sum);
  let second = fma(block.second, vec4f(x.y), first);
  let third = fma(block.third, vec4f(x.z), second);
  return fma(block.fourth, vec4f(x.w), third);
}
