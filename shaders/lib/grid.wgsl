// Threads are counted over x, then y in rows of 32768 workgroups (kernels/kernel.ts, MAX_GRID).
fn linear_id(workgroup: vec3u, local: u32, size: u32) -> u32 {
  return (workgroup.x + workgroup.y * 32768u) * size + local;
}
