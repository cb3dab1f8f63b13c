// The weights of 4 input x 4 output channels: a column for each input channel.

import package::lib::weights::{columns_at};

struct Block {
  first: vec4f,
  second: vec4f,
  third: vec4f,
  fourth: vec4f,
}

fn block_at(head: u32, block: u32) -> Block {
  let left = columns_at(head, block * 2u);
  let right = columns_at(head, block * 2u + 1u);
  return Block(left.first, left.second, right.first, right.second);
}
