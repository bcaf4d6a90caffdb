// loss = −Σ_r weight[r] · logprob[r];   dlogprob[r] = −weight[r],   dentropy[r] = 0
//   weight carries the mask and the normaliser, so a batch may be split anywhere. All [rows]. One invocation takes one
//   token. statistics [workgroups, 16]: loss, Σ −logprob, Σ entropy, tokens. Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/loss_statistics.wgsl"

@group(0) @binding(0) var<storage, read> target_token: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> logprob: array<f32>;
@group(0) @binding(3) var<storage, read> entropy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogprob: array<f32>;
@group(0) @binding(5) var<storage, read_write> dentropy: array<f32>;
@group(0) @binding(6) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(7) var<uniform> extent: Extent;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let number = linear_group(group, groups);
  let row = number * WORKGROUP + lane;
  for (var s = 0u; s < STATISTICS; s++) {
    token_statistics[s][lane] = 0.0;
  }
  if (row < extent.rows) {
    let counted = target_token[row] != 0xffffffffu;
    let w = select(0.0, weight[row], counted);
    dlogprob[row] = -w;
    dentropy[row] = 0.0;
    if (counted) {
      token_statistics[0][lane] = -w * logprob[row];
      token_statistics[1][lane] = -logprob[row];
      token_statistics[2][lane] = entropy[row];
      token_statistics[3][lane] = 1.0;
    }
  }
  store_statistics(number, lane, STATISTICS, STATISTICS);
}
