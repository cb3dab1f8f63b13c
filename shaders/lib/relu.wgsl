// PyTorch's ReLU, which keeps NaN. `max` may return the other operand then (WGSL leaves that open).
fn relu(value: vec4f) -> vec4f {
  return select(value, vec4f(0.0), value < vec4f(0.0));
}
