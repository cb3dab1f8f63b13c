// Intermediate values of a split sum or a Winograd convolution: float32 in either precision.
@group(0) @binding(1) var<storage, read> input: array<vec4f>;

alias Values = vec4f;

fn input_at(at: u32, inside: bool) -> Values {
  return select(vec4f(0.0), input[at], inside);
}
