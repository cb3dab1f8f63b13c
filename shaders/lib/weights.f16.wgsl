// Packed convolution weights (src/kernels/lib/pack.ts) as f16 values. The layout is that of weights.wgsl. An item has either one float32
// bias of 4 channels or two columns.

import package::lib::storage::{unpack};
import shader::{weights};

alias WeightItem = vec4u;

fn bias_at(group: u32) -> vec4f {
  return bitcast<vec4f>(weights[group]);
}

fn column_at(head: u32, column: u32) -> vec4f {
  let item = weights[head + column / 2u];
  return unpack(select(item.xy, item.zw, column % 2u == 1u));
}

struct Columns {
  first: vec4f,
  second: vec4f,
}

fn columns_at(head: u32, pair: u32) -> Columns {
  let item = weights[head + pair];
  return Columns(unpack(item.xy), unpack(item.zw));
}
