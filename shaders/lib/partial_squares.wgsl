// A workgroup's share of a sum of squares: its lanes' shares are added in lane order.
const LANES = 64u;
var<workgroup> lane_squares: array<f32, LANES>;

// Every invocation of the workgroup must call this; lane 0 gets the sum, the others nothing of use.
fn workgroup_squares(lane: u32, squares: vec4f) -> f32 {
  lane_squares[lane] = (squares.x + squares.y) + (squares.z + squares.w);
  workgroupBarrier();
  var total = 0.0;
  if (lane == 0u) {
    for (var i = 0u; i < LANES; i++) {
      total += lane_squares[i];
    }
  }
  return total;
}
