// out[r, c] = x[r, c] · s[r] · weight[c]   with   s[r] = 1 / √(mean_c x[r, c]² + eps)
//   inp, out [rows, C], weight [C]; scale [rows] keeps s for the backward pass. One invocation owns one row. Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/inv_rms.wgsl"

struct Params {
  width: u32,  // C
  eps: f32,
}

@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<uniform> extent: Extent;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = linear_group(group, groups) * 64u + lane;
  if (row >= extent.rows) {
    return;
  }
  let width4 = params.width / 4u;
  let begin = row * width4;
  var squares = vec4f();
  for (var c = 0u; c < width4; c++) {
    let x = inp[begin + c];
    squares = fma(x, x, squares);
  }
  let s = inv_rms(squares, params.width, params.eps);
  for (var c = 0u; c < width4; c++) {
    out[begin + c] = normalize4(inp[begin + c], s, weight[c]);
  }
  scale[row] = s;
}
