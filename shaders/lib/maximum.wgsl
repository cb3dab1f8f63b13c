// The larger of two, NaN if one of them is, as PyTorch pools; `max` may give the other operand. By bits, since compilers may
// take a comparison of a value with itself for true.
fn maximum(a: vec4f, b: vec4f) -> vec4f {
  let a_is_nan = (bitcast<vec4u>(a) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  return select(select(b, a, b <= a), a, a_is_nan);
}
