// Number of a workgroup in a grid that the host may have folded into two dimensions (gpu/kernel.ts, foldGrid).
fn linear_group(group: vec3u, groups: vec3u) -> u32 {
  return group.y * groups.x + group.x;
}
