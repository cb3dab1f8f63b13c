// sum + block * x in f16. The products of 8 input channels are added up as f16 values, two at a time on GPUs that can, and then added to
// the sum in float32. A partial sum beyond the range of f16 is infinite. The total then stays infinite or becomes NaN, and `pack` reports
// both (lib/relu.f16.wgsl).

import package::conv::lib::input::{Values};
import package::lib::block::{Block};

fn multiply_add(sum: vec4f, block: Block, x: Values) -> vec4f {
  var chunk = vec4h();
  for (var C = 0u; C < 8u; C++) {
    chunk = fma(block[C], vec4h(x[C / 4u][C % 4u]), chunk);
  }
  return sum + vec4f(chunk);
}
