// Weights that neighbouring threads need, too, for subgroups of 4. Each thread loads one column and shares it, because a software adapter
// loads for each thread separately and checks the bounds of each load.

import package::lib::block::{Block};
import package::lib::weights::{column_at};

fn handed_round(column: vec4f) -> Block {
  return Block(
    subgroupBroadcast(column, 0u),
    subgroupBroadcast(column, 1u),
    subgroupBroadcast(column, 2u),
    subgroupBroadcast(column, 3u),
  );
}

fn common_block(head: u32, block: u32, local: u32) -> Block {
  return handed_round(column_at(head, block * 4u + (local & 3u)));
}

// The same column of 4 groups of output channels, which are `stride` columns apart.
fn common_columns(head: u32, group: u32, stride: u32, column: u32, local: u32) -> Block {
  return handed_round(column_at(head, min(group + (local & 3u), head - 1u) * stride + column));
}
