// [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on.

import package::lib::storage::{Group, unpack};

@group(0) @binding(1) var<storage, read> input: array<Group>;

alias Values = vec4f;

// Zeros where not `inside`. Chosen while halves are packed: half the words, and what loads halves into a multiply-add stays one instruction (AMD).
fn input_at(at: u32, inside: bool) -> Values {
  return unpack(select(Group(), input[at], inside));
}
