// Sums over the invocations of a workgroup, in lane order; every invocation gets them.
const LANES = 64u;
var<workgroup> lane_share: array<vec4f, LANES>;

// Every invocation of the workgroup must call this.
fn workgroup_sum(lane: u32, share: vec4f) -> vec4f {
  workgroupBarrier();  // the shares of a call before this one have been read
  lane_share[lane] = share;
  workgroupBarrier();
  var total = vec4f();
  for (var i = 0u; i < LANES; i++) {
    total += lane_share[i];
  }
  return total;
}
