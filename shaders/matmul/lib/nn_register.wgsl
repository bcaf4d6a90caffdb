// A workgroup computes 32 rows × 64 columns; each invocation keeps 8 rows × 4 columns in registers and reads what it
// needs straight from storage, trusting the cache. The kernel says what load_weight and store_output are.

const ROWS = 8u;
const LANES_X = 16u;
const LANES_Y = 4u;

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let first_row = (group.y * LANES_Y + lane.y) * ROWS;
  let column4 = group.x * LANES_X + lane.x;
  if (first_row >= extent.rows || column4 >= params.columns4) {
    return;
  }
  // Rows beyond the edge read the last one instead; what they compute lands nowhere.
  var row: array<u32, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    row[i] = min(first_row + i, extent.rows - 1u) * params.dout_stride4;
  }
  var acc: array<vec4f, ROWS>;
  for (var n = 0u; n < params.inner; n += 4u) {
    let b0 = load_weight(n, column4);
    let b1 = load_weight(n + 1u, column4);
    let b2 = load_weight(n + 2u, column4);
    let b3 = load_weight(n + 3u, column4);
    for (var i = 0u; i < ROWS; i++) {
      acc[i] = multiply_add(acc[i], dout[row[i] + n / 4u], b0, b1, b2, b3);
    }
  }
  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      store_output((first_row + i) * params.columns4 + column4, acc[i]);
    }
  }
}
