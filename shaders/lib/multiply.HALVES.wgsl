// sum + block * x in f16: the products of 8 input channels are summed up as f16 values, two at a time on GPUs that can, and join the sum
// in float32. A chunk beyond the range of f16 is infinite; the sum stays so, or becomes NaN, and `pack` reports either
// (lib/relu.f16.wgsl).

import package::conv::lib::input::{Values};
import package::lib::block::{Block};

fn multiply_add(sum: vec4f, block: Block, x: Values) -> vec4f {
  var chunk = vec4h();
  for (var C = 0u; C < 8u; C++) {
    chunk = fma(block[C], vec4h(x[C / 4u][C % 4u]), chunk);
  }
  return sum + vec4f(chunk);
}
