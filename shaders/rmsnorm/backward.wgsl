// With s = scale[r] and g[c] = dout[r, c] · weight[c]:
//   dinp[r, c]  (+)= s · g[c] − inp[r, c] · s³/C · Σ_k g[k] inp[r, k]
//   dweight[c]   (+)= Σ_r dout[r, c] · inp[r, c] · s
//   inp, dout, dinp [rows, C]; dweight: slab `group` of the vector slabs, [C].
//   One workgroup owns one slab's chunk of rows: first a lane takes a row and finds its sum over k, then a lane
//   takes four channels and walks down the rows. dinp accumulates where params.residual is 1 (the gradient of the
//   residual stream is there already), dweight where extent.accumulate is.
#include "lib/extent.wgsl"
#include "lib/slab.wgsl"

struct Params {
  width: u32,        // C
  slabs: u32,
  slab_stride4: u32, // distance between slabs of dweight, in vec4
  residual: u32,
}

@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dinp: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dweight: array<vec4f>;
@group(0) @binding(6) var<uniform> extent: Extent;
@group(0) @binding(7) var<uniform> params: Params;

const LANES = 64u;
const MAX_CHUNK = 256u; // rows of a slab; model/gradients.ts keeps micro-batches small enough
var<workgroup> pull: array<f32, MAX_CHUNK>;  // s³/C · Σ_k g[k] inp[k] of each row

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let width4 = params.width / 4u;
  let chunk = slab_size(extent.rows, params.slabs);
  let begin = min(group.x * chunk, extent.rows);
  let end = min(begin + chunk, extent.rows);

  for (var row = begin + lane; row < end; row += LANES) {
    var sum = vec4f();
    for (var c = 0u; c < width4; c++) {
      let index = row * width4 + c;
      sum = fma(dout[index] * weight[c], inp[index], sum);
    }
    let s = scale[row];
    pull[row - begin] = s * s * s / f32(params.width) * ((sum.x + sum.y) + (sum.z + sum.w));
  }
  workgroupBarrier();

  for (var c = lane; c < width4; c += LANES) {
    var sum = vec4f();
    for (var row = begin; row < end; row++) {
      let index = row * width4 + c;
      let x = inp[index];
      let s = scale[row];
      var dx = dout[index] * weight[c] * s - x * pull[row - begin];
      if (params.residual == 1u) {
        dx += dinp[index];
      }
      dinp[index] = dx;
      sum = fma(dout[index], x * s, sum);
    }
    let slot = group.x * params.slab_stride4 + c;
    if (extent.accumulate == 1u) {
      sum += dweight[slot];
    }
    dweight[slot] = sum;
  }
}
