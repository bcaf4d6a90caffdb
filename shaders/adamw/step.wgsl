// AdamW (Loshchilov & Hutter, 1711.05101) with g = gradient · scale, where scale clips by the global norm:
//   m = β₁m + (1 − β₁)g,   v = β₂v + (1 − β₂)g²,
//   weight −= rate · ( (m / correction₁) / (√(v / correction₂) + eps) + decay · weight )
//   A scale of 0 skips the step: nothing changes. The host gives correction = 1 − βᵗ, computed in double precision.
//   One invocation takes four parameters. In place.
#include "lib/grid.wgsl"

struct Params {
  total4: u32,  // floats of all parameters / 4
  rate: f32,
  beta1: f32,
  beta2: f32,
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
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = linear_group(group, groups) * 64u + lane;
  let scale = norm_and_scale[1];
  if (i >= params.total4 || scale == 0.0) {
    return;
  }
  let g = gradient[i] * scale;
  let m = params.beta1 * first_moment[i] + (1.0 - params.beta1) * g;
  let v = params.beta2 * second_moment[i] + (1.0 - params.beta2) * g * g;
  first_moment[i] = m;
  second_moment[i] = v;
  let w = weight[i];
  let update = m / params.correction1 / (sqrt(v / params.correction2) + params.eps) + params.decay * w;
  weight[i] = w - params.rate * update;
}
