// Input for f16 arithmetic: two groups of 4 channels at a time, DEPTH groups apart.

import constants::{DEPTH};

@group(0) @binding(1) var<storage, read> input: array<vec4h>;

alias Values = array<vec4h, 2>;

fn input_at(at: u32, inside: bool) -> Values {
  return Values(select(vec4h(), input[at], inside), select(vec4h(), input[at + DEPTH], inside));
}
