// Threads are counted over x, then y in rows of 32768 workgroups (kernels/lib/kernel.ts, MAX_GRID).
fn linear_id(workgroup: vec3u, local: u32, size: u32) -> u32 {
  return (workgroup.x + workgroup.y * 32768u) * size + local;
}

// Which of the 4 channels of a group exist, out of `channels` in total. The others are padding and must stay zero.
fn channel_mask(group: u32, channels: u32) -> vec4<bool> {
  return vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(channels);
}
