// PyTorch's ReLU: NaN stays NaN, which `max` may turn into the other operand (WGSL leaves that open).
fn relu(value: vec4f) -> vec4f {
  return select(value, vec4f(0.0), value < vec4f(0.0));
}
