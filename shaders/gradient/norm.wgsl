// norm = √Σ gradient²; scale = what AdamW multiplies the gradient with: min(1, limit / (norm + 1e-6)) as in PyTorch, or 0 to
//   skip the step where the norm is not finite. result: (norm, scale). limit ≤ 0: no clipping. One workgroup.
struct Params {
  partials: u32,
  limit: f32,
}

@group(0) @binding(0) var<storage, read> partial_squares: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32, 2>;
@group(0) @binding(2) var<uniform> params: Params;

// By its bits: WGSL lets a compiler assume that there is no NaN, so x != x proves nothing.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

const LANES = 64u;
var<workgroup> lane_total: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < params.partials; i += LANES) {
    sum += partial_squares[i];
  }
  lane_total[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  var total = 0.0;
  for (var i = 0u; i < LANES; i++) {
    total += lane_total[i];
  }
  let norm = sqrt(total);
  var scale = 1.0;
  if (params.limit > 0.0) {
    scale = min(1.0, params.limit / (norm + 1e-6));
  }
  result[0] = norm;
  result[1] = select(0.0, scale, is_finite(total));
}
