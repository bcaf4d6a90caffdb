// The per-token objective of GRPO in DAPO's form, and its gradient. With ρ = e^(logprob − old_logprob), A the advantage:
//   policy = max(−Aρ, −A·clip(ρ, 1 − clip_low, 1 + clip_high)), and for A < 0 at most −A·dual_clip where that is on;
//   loss   = Σ_r weight[r] · (policy + kl_coefficient · kl − entropy_coefficient · entropy)
//   with d = ref_logprob − logprob and kl: 1: −d, 2: d²/2, 3: e^d − 1 − d.
//   weight carries the mask and the normaliser of the loss aggregation, so a batch may be split anywhere. All [rows]; rows
//   without a target (0xffffffff) get zero gradients. One invocation takes one token. statistics [workgroups, 16]: see
//   src/kernels/loss.ts. Overwrites. Sources: DeepSeekMath 2402.03300 §4.1, DAPO 2503.14476 §3.1, dual clip 1912.09729.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/loss_statistics.wgsl"
#include "lib/loss_token.wgsl"

struct Params {
  clip_low: f32,
  clip_high: f32,
  dual_clip: f32,            // 0: off
  entropy_coefficient: f32,
  kl_coefficient: f32,
  kl_kind: u32,              // 0: no reference, 1: k1, 2: k2, 3: k3
}

@group(0) @binding(0) var<storage, read> target_token: array<u32>;
@group(0) @binding(1) var<storage, read> token: array<Token>;
@group(0) @binding(2) var<storage, read> logprob: array<f32>;
@group(0) @binding(3) var<storage, read> entropy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogprob: array<f32>;
@group(0) @binding(5) var<storage, read_write> dentropy: array<f32>;
@group(0) @binding(6) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(7) var<uniform> extent: Extent;
@group(0) @binding(8) var<uniform> params: Params;

const LOG_RATIO_LIMIT = 20.0;  // as in verl: keeps e^x finite
const KL_LIMIT = 10.0;

struct Penalty {
  value: f32,
  slope: f32,  // by logprob
}

fn kl_penalty(logprob: f32, ref_logprob: f32) -> Penalty {
  let d = ref_logprob - logprob;
  switch params.kl_kind {
    case 1u: {
      return Penalty(-d, 1.0);
    }
    case 2u: {
      return Penalty(0.5 * d * d, -d);
    }
    case 3u: {
      let limited = clamp(d, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT);
      let value = exp(limited) - 1.0 - limited;
      return Penalty(min(value, KL_LIMIT), select(1.0 - exp(limited), 0.0, value > KL_LIMIT));
    }
    default: {
      return Penalty(0.0, 0.0);
    }
  }
}

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
  token_statistics[13][lane] = 3.0e38;  // minimum of ρ
  if (row < extent.rows) {
    var slope = 0.0;
    var entropy_slope = 0.0;
    if (target_token[row] != 0xffffffffu) {
      let t = token[row];
      let difference = logprob[row] - t.old_logprob;
      let ratio = exp(clamp(difference, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT));
      let plain = -t.advantage * ratio;
      let clipped = -t.advantage * clamp(ratio, 1.0 - params.clip_low, 1.0 + params.clip_high);
      let bound = -t.advantage * params.dual_clip;
      let is_clipped = clipped > plain;
      let is_bounded = params.dual_clip > 0.0 && t.advantage < 0.0 && max(plain, clipped) > bound;
      let policy = select(max(plain, clipped), bound, is_bounded);
      let flat = is_clipped || is_bounded || abs(difference) > LOG_RATIO_LIMIT;
      let kl = kl_penalty(logprob[row], t.ref_logprob);
      let loss = policy + params.kl_coefficient * kl.value - params.entropy_coefficient * entropy[row];
      slope = t.weight * (select(plain, 0.0, flat) + params.kl_coefficient * kl.slope);
      entropy_slope = -t.weight * params.entropy_coefficient;

      token_statistics[0][lane] = t.weight * loss;
      token_statistics[1][lane] = t.weight * policy;
      token_statistics[2][lane] = -logprob[row];
      token_statistics[3][lane] = entropy[row];
      token_statistics[4][lane] = 1.0;
      token_statistics[5][lane] = ratio;
      token_statistics[6][lane] = select(0.0, 1.0, is_clipped && t.advantage < 0.0);
      token_statistics[7][lane] = select(0.0, 1.0, is_clipped && t.advantage > 0.0);
      token_statistics[8][lane] = select(0.0, 1.0, is_bounded);
      token_statistics[9][lane] = kl.value;
      token_statistics[10][lane] = -difference;
      token_statistics[11][lane] = ratio - 1.0 - difference;
      token_statistics[13][lane] = ratio;
      token_statistics[14][lane] = ratio;
      token_statistics[15][lane] = abs(difference);
    }
    dlogprob[row] = slope;
    dentropy[row] = entropy_slope;
  }
  store_statistics(number, lane, 13u, 14u);
}
