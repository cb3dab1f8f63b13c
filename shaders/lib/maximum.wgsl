// The larger of two values, or NaN if one of them is NaN, as in PyTorch's pooling. `max` may return the other operand then. Tests bits,
// because compilers may assume that a value equals itself.
fn maximum(a: vec4f, b: vec4f) -> vec4f {
  let a_is_nan = (bitcast<vec4u>(a) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  return select(select(b, a, b <= a), a, a_is_nan);
}
