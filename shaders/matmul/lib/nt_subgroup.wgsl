// Each lane keeps ROWS rows × 4 columns of the output in registers; a workgroup computes ROWS × 4·LANES. Every lane wants
// every row of the input, so each lane fetches only two of the rows and the subgroup hands them around.
const ROWS = 16u;
override LANES: u32 = 16u;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let first_row = group.y * ROWS;
  if (first_row >= extent.rows) {
    return;
  }
  let column4 = group.x * LANES + lane;
  // Columns and rows beyond the edge read the last one instead; what they compute lands in padding or nowhere.
  var column: array<u32, 4>;
  for (var j = 0u; j < 4u; j++) {
    column[j] = min(column4 * 4u + j, params.columns - 1u) * params.inner4;
  }
  var row: array<u32, 2>;
  var state: array<RowState, 2>;
  for (var half = 0u; half < 2u; half++) {
    row[half] = min(first_row + half * 8u + subgroup_lane % 8u, extent.rows - 1u);
    state[half] = open_row(row[half]);
  }

  var acc: array<vec4f, ROWS>;
  for (var k4 = 0u; k4 < params.inner4; k4++) {
    let b = transpose(mat4x4f(
      weight[column[0] + k4],
      weight[column[1] + k4],
      weight[column[2] + k4],
      weight[column[3] + k4],
    ));
    for (var half = 0u; half < 2u; half++) {
      let mine = load_input(row[half], k4, state[half]);
      for (var i = 0u; i < 8u; i++) {
        let a = subgroupShuffle(mine, i);
        acc[half * 8u + i] = multiply_add(acc[half * 8u + i], a, b[0], b[1], b[2], b[3]);
      }
    }
  }

  if (column4 >= params.out_stride4) {
    return;
  }
  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      store_output((first_row + i) * params.out_stride4 + column4, acc[i]);
    }
  }
}
