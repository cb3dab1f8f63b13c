// Four channels in storage as packed f16 values: half the bytes, no device feature needed. Arithmetic is float32, except in the F16_MATH forms of
// lib/multiply.wgsl and others.

alias Group = vec2u;

// 0xffffffff minus the first step of the plan that had a value beyond the range of f16; 0 if there was none. The runner clears it before
// a run, and turns it into an error that names the layer.
@group(1) @binding(0) var<storage, read_write> overflow: atomic<u32>;

fn unpack(group: Group) -> vec4f {
  return vec4f(unpack2x16float(group.x), unpack2x16float(group.y));
}

fn pack(value: vec4f, step: u32) -> Group {
  // pack2x16float of an unrepresentable value is indeterminate, so it must not get one. NaN equals nothing and is reported, too. `!=` would
  // not work if compilers make it an ordered comparison, which is false for NaN.
  let clamped = clamp(value, vec4f(-65504.0), vec4f(65504.0));
  if (!all(clamped == value)) {
    atomicMax(&overflow, 0xffffffffu - step);
  }
  return vec2u(pack2x16float(clamped.xy), pack2x16float(clamped.zw));
}
