// The weights of 4 input x 4 output channels: a column for each input channel.
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

// One column after the other, so that each is a single multiply-add.
fn multiply_add(sum: vec4f, block: Block, x: vec4f) -> vec4f {
  let first = fma(block.first, vec4f(x.x), sum);
  let second = fma(block.second, vec4f(x.y), first);
  let third = fma(block.third, vec4f(x.z), second);
  return fma(block.fourth, vec4f(x.w), third);
}
