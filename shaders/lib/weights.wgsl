// Packed convolution weights (src/kernels/lib/pack.ts) in float32. The buffer `weights` starts with one bias item for each group of 4
// output channels (`head` of them). Then come blocks of 4 columns: block (o, tap, c) maps the 4 input channels of group c to the 4 output
// channels of group o. Column i has the weights of input channel i.

import shader::{weights};

alias WeightItem = vec4f;

fn bias_at(group: u32) -> vec4f {
  return weights[group];
}

fn column_at(head: u32, column: u32) -> vec4f {
  return weights[head + column];
}

struct Columns {
  first: vec4f,
  second: vec4f,
}

fn columns_at(head: u32, pair: u32) -> Columns {
  let i = head + pair * 2u;
  return Columns(weights[i], weights[i + 1u]);
}
