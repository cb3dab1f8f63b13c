// A block that neighbours want, too: caches and scalar registers see to that.
fn common_block(head: u32, block: u32, local: u32) -> Block {
  return block_at(head, block);
}
