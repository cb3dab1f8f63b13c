// [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on.
@group(0) @binding(1) var<storage, read> input: array<Group>;

fn input_at(at: u32) -> vec4f {
  return unpack(input[at]);
}
