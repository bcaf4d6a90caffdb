// AdamW (Loshchilov & Hutter, 1711.05101) with g = gradient · scale, where scale clips by the global norm:
//   m += (1 − β₁)(g − m),   v += (1 − β₂)(g² − v),
//   weight −= rate · ( (m / correction₁) / (√(v / correction₂) + eps) + decay · weight )
//   A scale of 0 skips the step: nothing changes. The host gives 1 − β and correction = 1 − βᵗ, computed in double
//   precision, since both lose their digits when β is near 1. partial_squares [workgroups] gets each workgroup's share of
//   Σ (change of weight)². Invocations stride through the parameters, four at a time. In place.
struct Params {
  total4: u32,  // floats of what is bound, a chunk of all parameters, / 4
  rate: f32,
  blend1: f32,  // 1 − β₁
  blend2: f32,  // 1 − β₂
  eps: f32,
  decay: f32,
  correction1: f32,
  correction2: f32,
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm_and_scale: array<f32, 2>;
@group(0) @binding(2) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> first_moment: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> second_moment: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> partial_squares: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

#include "lib/partial_squares.wgsl"

// Updates four parameters and returns what that changed.
fn update(i: u32, scale: f32) -> vec4f {
  let g = gradient[i] * scale;
  let m = first_moment[i] + params.blend1 * (g - first_moment[i]);
  let v = second_moment[i] + params.blend2 * (g * g - second_moment[i]);
  first_moment[i] = m;
  second_moment[i] = v;
  let w = weight[i];
  let direction = m / params.correction1 / (sqrt(v / params.correction2) + params.eps) + params.decay * w;
  let change = params.rate * direction;
  weight[i] = w - change;
  return change;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let scale = norm_and_scale[1];
  var squares = vec4f();
  if (scale != 0.0) {
    for (var i = group.x * LANES + lane; i < params.total4; i += groups.x * LANES) {
      let change = update(i, scale);
      squares = fma(change, change, squares);
    }
  }
  let total = workgroup_squares(lane, squares);
  if (lane == 0u) {
    partial_squares[group.x] = total;
  }
}
