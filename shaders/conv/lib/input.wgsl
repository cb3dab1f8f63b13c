// [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on.

import package::lib::storage::{Group, unpack};

@group(0) @binding(1) var<storage, read> input: array<Group>;

alias Values = vec4f;

// Zeros if not `inside`. f16 values are selected while still packed. That is half as many words, and AMD can still load them within a multiply-add.
fn input_at(at: u32, inside: bool) -> Values {
  return unpack(select(Group(), input[at], inside));
}
