// The twin of relu.wgsl. Where a sum of f16 values left their range, it is infinite, whatever it should have been: -inf stays, too,
// for `pack` to report. By bits (of all negative floats but -inf and NaN), since compilers may take it that there are no infinities.
fn relu(value: vec4f) -> vec4f {
  return select(value, vec4f(0.0), bitcast<vec4u>(value) - 0x80000000u < vec4u(0x7f800000u));
}
