// With x = logits / temperature and p = e^(x − lse):
//   dlogits[r, v] = (dlogprob[r] · (1[v = target[r]] − p) − dentropy[r] · p · (x − lse + entropy[r])) / temperature
//   logits, dlogits [rows, V] with the same row stride. Rows without a target, the excluded token and the padding up to
//   the stride get zeros. One invocation takes four columns. In place: dlogits replaces logits.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  vocabulary: u32,           // V
  stride4: u32,              // vec4 from one row of logits to the next
  excluded: u32,             // a token that is never sampled, or 0xffffffff
  inverse_temperature: f32,
}

@group(0) @binding(0) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(1) var<storage, read> target_token: array<u32>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> entropy: array<f32>;
@group(0) @binding(4) var<storage, read> dlogprob: array<f32>;
@group(0) @binding(5) var<storage, read> dentropy: array<f32>;
@group(0) @binding(6) var<uniform> extent: Extent;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 64u + lane;
  let row = index / params.stride4;
  if (row >= extent.rows) {
    return;
  }
  let token = target_token[row];
  if (token == 0xffffffffu) {
    logits[index] = vec4f();
    return;
  }
  let v = vec4u(index % params.stride4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let log_p = logits[index] * params.inverse_temperature - lse[row];
  let p = exp(log_p);
  let hit = select(vec4f(), vec4f(1.0), v == vec4u(token));
  let gradient = dlogprob[row] * (hit - p) - dentropy[row] * p * (log_p + entropy[row]);
  let possible = (v < vec4u(params.vocabulary)) & (v != vec4u(params.excluded));
  logits[index] = select(vec4f(), gradient * params.inverse_temperature, possible);
}
