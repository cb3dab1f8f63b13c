// A block that neighbours want, too, for subgroups of 4: each thread loads one column and hands it round, since a processor
// that plays GPU loads for each thread by itself and checks the bounds of each.
fn common_block(head: u32, block: u32, local: u32) -> Block {
  let column = column_at(head, block * 4u + local % 4u);
  return Block(
    subgroupBroadcast(column, 0u),
    subgroupBroadcast(column, 1u),
    subgroupBroadcast(column, 2u),
    subgroupBroadcast(column, 3u),
  );
}
