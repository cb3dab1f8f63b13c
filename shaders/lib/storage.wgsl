// Four channels in storage as float32. The f16 form of this file packs them as f16.

alias Group = vec4f;

fn unpack(group: Group) -> vec4f {
  return group;
}

fn pack(value: vec4f, step: u32) -> Group {
  return value;
}
