// Weights that neighbouring threads need, too. Caches and scalar registers make that cheap.

import package::lib::block::{Block, block_at};
import package::lib::weights::{column_at};

fn common_block(head: u32, block: u32, local: u32) -> Block {
  return block_at(head, block);
}

// The same column of 4 groups of output channels, which are `stride` columns apart.
fn common_columns(head: u32, group: u32, stride: u32, column: u32, local: u32) -> Block {
  return Block(
    column_at(head, min(group, head - 1u) * stride + column),
    column_at(head, min(group + 1u, head - 1u) * stride + column),
    column_at(head, min(group + 2u, head - 1u) * stride + column),
    column_at(head, min(group + 3u, head - 1u) * stride + column),
  );
}
