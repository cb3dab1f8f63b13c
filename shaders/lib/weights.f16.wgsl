// Packed convolution weights (src/kernels/pack.ts) as halves: the layout of weights.f32.wgsl, an item holding either one
// float32 bias of 4 channels or two columns.

alias WeightItem = vec4u;

fn bias_at(group: u32) -> vec4f {
  return bitcast<vec4f>(weights[group]);
}

fn column_at(head: u32, column: u32) -> vec4f {
  let item = weights[head + column / 2u];
  return unpack(select(item.xy, item.zw, column % 2u == 1u));
}

fn block_at(head: u32, block: u32) -> mat4x4f {
  let i = head + block * 2u;
  let a = weights[i];
  let b = weights[i + 1u];
  return mat4x4f(unpack(a.xy), unpack(a.zw), unpack(b.xy), unpack(b.zw));
}

fn multiply_add(sum: vec4f, block: mat4x4f, x: vec4f) -> vec4f {
  return sum + block[0] * x.x + block[1] * x.y + block[2] * x.z + block[3] * x.w;
}

struct Columns {
  first: vec4f,
  second: vec4f,
}

fn columns_at(head: u32, pair: u32) -> Columns {
  let item = weights[head + pair];
  return Columns(unpack(item.xy), unpack(item.zw));
}
