// A workgroup computes a 64 × 64 tile from strips of 16 terms of k that it copies to workgroup memory; each of its 256
// invocations keeps 4 rows × 4 columns in registers.
const TILE = 64u;
const LANES = 16u;  // per side of the workgroup
const STRIP4 = 4u;  // 16 terms of k, as vec4
var<workgroup> inp_tile: array<vec4f, 256>;     // [TILE rows][STRIP4]
var<workgroup> weight_tile: array<vec4f, 256>;  // [TILE columns][STRIP4]

@compute @workgroup_size(LANES, LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let tile_row = group.y * TILE;
  if (tile_row >= extent.rows) {
    return;
  }
  // While copying, an invocation serves one vec4 of each tile.
  let copy_k4 = index % STRIP4;
  let copy_row = min(tile_row + index / STRIP4, extent.rows - 1u);
  let copy_column = min(group.x * TILE + index / STRIP4, params.columns - 1u) * params.inner4;
  let state = open_row(copy_row);

  var acc: array<vec4f, 4>;
  for (var k4 = 0u; k4 < params.inner4; k4 += STRIP4) {
    // Beyond the end of k both factors are zero, and adding zero changes no bits.
    let safe_k4 = min(k4 + copy_k4, params.inner4 - 1u);
    let inside = k4 + copy_k4 < params.inner4;
    inp_tile[index] = select(vec4f(), load_input(copy_row, safe_k4, state), inside);
    weight_tile[index] = select(vec4f(), weight[copy_column + safe_k4], inside);
    workgroupBarrier();
    for (var s = 0u; s < STRIP4; s++) {
      let column = lane.x * 4u * STRIP4 + s;
      let b = transpose(mat4x4f(
        weight_tile[column],
        weight_tile[column + STRIP4],
        weight_tile[column + 2u * STRIP4],
        weight_tile[column + 3u * STRIP4],
      ));
      for (var i = 0u; i < 4u; i++) {
        let a = inp_tile[(lane.y * 4u + i) * STRIP4 + s];
        acc[i] = multiply_add(acc[i], a, b[0], b[1], b[2], b[3]);
      }
    }
    workgroupBarrier();
  }

  let column4 = group.x * LANES + lane.x;
  if (column4 >= params.out_stride4) {
    return;
  }
  for (var i = 0u; i < 4u; i++) {
    let row = tile_row + lane.y * 4u + i;
    if (row < extent.rows) {
      store_output(row * params.out_stride4 + column4, acc[i]);
    }
  }
}
