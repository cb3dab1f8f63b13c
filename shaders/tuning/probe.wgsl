// Measures the arithmetic of a GPU. Every thread adds up products in its registers, 8 chains of 4 values at a time, so that nothing but the
// multiply-adds takes time. A workgroup fills a compute unit.
//
// No tile: thread i of workgroup w writes value 256 w + i, so that compilers keep the sums. Buffers: result, 256 vec4f for each workgroup.

struct Params {
  step: u32,
  rounds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  var sums: array<vec4f, 8>;
  for (var S = 0u; S < 8u; S++) {
    sums[S] = vec4f(f32(thread + S));
  }
  // Stays finite, because the sums approach 2.
  let factor = vec4f(0.5);
  let addend = vec4f(1.0);
  for (var round = 0u; round < params.rounds; round++) {
    for (var R = 0u; R < 4u; R++) {
      for (var S = 0u; S < 8u; S++) {
        sums[S] = fma(sums[S], factor, addend);
      }
    }
  }
  var total = vec4f(0.0);
  for (var S = 0u; S < 8u; S++) {
    total += sums[S];
  }
  result[workgroup.x * 256u + thread] = total;
}
