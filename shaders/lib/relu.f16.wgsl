// The f16 form of relu.wgsl. If a sum of f16 values left their range, it is infinite with any sign. So -inf also stays, for `pack` to
// report. Tests bits (all negative floats but -inf and NaN), because compilers may assume that there are no infinities.
fn relu(value: vec4f) -> vec4f {
  return select(value, vec4f(0.0), bitcast<vec4u>(value) - 0x80000000u < vec4u(0x7f800000u));
}
