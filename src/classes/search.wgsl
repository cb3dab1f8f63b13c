// Similarity of one vector to many: rows of f16 values, dot products in float32.
//
// rows: blocks of 64 rows. In a block, a word has two f16 values of a row, and the words are [pairs][64], so that the threads of a
// workgroup read consecutive words. query: [pairs] of two floats, the same for all threads. similarities: one for each row.

struct Params {
  // Blocks in this buffer, and pairs in a row.
  blocks: u32,
  pairs: u32,
  // Index of the first row among all similarities.
  first: u32,
  // Workgroups along x, which are limited to 65535.
  across: u32,
}

@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read> query: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> similarities: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let block = group.y * params.across + group.x;
  if (block >= params.blocks) {
    return;
  }
  var sum = vec2<f32>();
  for (var pair = 0u; pair < params.pairs; pair++) {
    sum += unpack2x16float(rows[(block * params.pairs + pair) * 64u + lane]) * query[pair];
  }
  similarities[params.first + block * 64u + lane] = sum.x + sum.y;
}
