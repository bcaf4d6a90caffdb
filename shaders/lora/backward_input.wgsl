// dinp[r, k] += Σ_j dlow[r, j] weight[j, k]
//   weight is A [R, K], also several of them one below the other; dlow [rows, R], dinp [rows, K]. Accumulates: dinp holds the
//   gradient by way of W already. One invocation computes 8 rows × 4 columns.
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  rank4: u32,     // R / 4
  columns4: u32,  // K / 4
}

@group(0) @binding(0) var<storage, read> dlow: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

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
    row[i] = min(first_row + i, extent.rows - 1u) * params.rank4;
  }
  var acc: array<vec4f, ROWS>;
  for (var j4 = 0u; j4 < params.rank4; j4++) {
    let at = j4 * 4u * params.columns4 + column4;
    let b0 = weight[at];
    let b1 = weight[at + params.columns4];
    let b2 = weight[at + 2u * params.columns4];
    let b3 = weight[at + 3u * params.columns4];
    for (var i = 0u; i < ROWS; i++) {
      acc[i] = multiply_add(acc[i], dlow[row[i] + j4], b0, b1, b2, b3);
    }
  }
  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      dinp[(first_row + i) * params.columns4 + column4] += acc[i];
    }
  }
}
