// With x = logits / temperature:  logprob[r] = x[r, target[r]] − lse[r],   lse[r] = log Σ_v e^x[r, v],
//   entropy[r] = −Σ_v p log p in nats. Rows without a target (0xffffffff) get zeros.
//   logits [rows, V] with its own row stride; target, logprob, lse, entropy [rows]. The excluded token counts as
//   impossible. LANES lanes share a row. Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  vocabulary: u32,           // V
  stride: u32,               // floats from one row of logits to the next
  excluded: u32,             // a token that is never sampled, or 0xffffffff
  inverse_temperature: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> target_token: array<u32>;
@group(0) @binding(2) var<storage, read_write> logprob: array<f32>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> entropy: array<f32>;
@group(0) @binding(5) var<uniform> extent: Extent;
@group(0) @binding(6) var<uniform> params: Params;

#include "lib/softmax_row.wgsl"

fn scaled_logit(row_at: u32, v: u32) -> f32 {
  return select(logits[row_at + v] * params.inverse_temperature, EXCLUDED, v == params.excluded);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (linear_group(group, groups) * WORKGROUP + lane) / LANES;
  let safe_row = min(row, extent.rows - 1u);
  let sums = softmax_row(lane, safe_row * params.stride, params.vocabulary);
  if (row >= extent.rows || lane % LANES != 0u) {
    return;
  }
  let token = target_token[row];
  if (token == NO_TOKEN) {
    logprob[row] = 0.0;
    lse[row] = 0.0;
    entropy[row] = 0.0;
    return;
  }
  let total = log_sum_exp(sums);
  logprob[row] = scaled_logit(row * params.stride, token) - total;
  lse[row] = total;
  entropy[row] = entropy_of(sums);
}
