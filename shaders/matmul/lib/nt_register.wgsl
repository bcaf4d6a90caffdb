// A workgroup computes 32 rows × 64 columns; each invocation keeps 8 rows × 4 columns in registers and reads
// what it needs straight from storage, trusting the cache. Weights may be f32 or f16; what is computed is f32 with either.
const ROWS = 8u;
const LANES_X = 16u;
const LANES_Y = 4u;

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let first_row = (group.y * LANES_Y + lane.y) * ROWS;
  let column4 = group.x * LANES_X + lane.x;
  if (first_row >= extent.rows || column4 >= params.out_stride4) {
    return;
  }
  // Columns and rows beyond the edge read the last one instead; what they compute lands in padding or nowhere.
  var column: array<u32, 4>;
  for (var j = 0u; j < 4u; j++) {
    column[j] = min(column4 * 4u + j, params.columns - 1u) * params.inner4;
  }
  var row: array<u32, ROWS>;
  var state: array<RowState, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    row[i] = min(first_row + i, extent.rows - 1u);
    state[i] = open_row(row[i]);
  }

  var acc: array<vec4f, ROWS>;
  for (var k4 = 0u; k4 < params.inner4; k4++) {
    let b = transpose(mat4x4f(
      vec4f(weight[column[0] + k4]),
      vec4f(weight[column[1] + k4]),
      vec4f(weight[column[2] + k4]),
      vec4f(weight[column[3] + k4]),
    ));
    for (var i = 0u; i < ROWS; i++) {
      acc[i] = multiply_add(acc[i], load_input(row[i], k4, state[i]), b[0], b[1], b[2], b[3]);
    }
  }

  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      store_output((first_row + i) * params.out_stride4 + column4, acc[i]);
    }
  }
}
