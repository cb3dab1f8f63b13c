// Memory at full speed: every thread copies 4 vec4, next to those of its neighbours.

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * 256u + thread;
  target_[first] = source[first];
  target_[first + 64u] = source[first + 64u];
  target_[first + 128u] = source[first + 128u];
  target_[first + 192u] = source[first + 192u];
}
