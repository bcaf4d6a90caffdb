// The clipped policy loss by the ratio of a whole response, length-normalised, and its gradient. Over the n rows of a sequence
//   that have a target:  ρ = e^(Σ(logprob − old_logprob) / n),
//   policy = max(−Aρ, −A·clip(ρ, 1 − clip_low, 1 + clip_high)),   loss = Σ_sequences weight · policy,
//   dlogprob[r] = weight · −Aρ/n where nothing is clipped, else 0;   dentropy[r] = 0.
//   weight and advantage A are those of the sequence's last row. target_token … dentropy [rows], sequence_begin
//   [sequences + 1]. Rows without a target (0xffffffff) get zero gradients. One workgroup takes one sequence. statistics
//   [sequences, 16]: see src/kernels/loss.ts; ratio and clipping count for each token. Overwrites.
//   Sources: GSPO 2507.18071 §4.1; the code of O1-Pruner (2501.12570) and AdaptThink (2505.13417), whose papers have the
//   plain ratio e^Σ: that of a response is so far from 1 that it is either clipped or next to nothing.
#include "lib/loss_statistics.wgsl"
#include "lib/loss_token.wgsl"
#include "lib/workgroup_sum.wgsl"

struct Params {
  clip_low: f32,
  clip_high: f32,
}

@group(0) @binding(0) var<storage, read> target_token: array<u32>;
@group(0) @binding(1) var<storage, read> token: array<Token>;
@group(0) @binding(2) var<storage, read> sequence_begin: array<u32>;
@group(0) @binding(3) var<storage, read> logprob: array<f32>;
@group(0) @binding(4) var<storage, read> entropy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogprob: array<f32>;
@group(0) @binding(6) var<storage, read_write> dentropy: array<f32>;
@group(0) @binding(7) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const LOG_RATIO_LIMIT = 20.0;  // as in grpo/loss

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let sequence = group.x;
  let begin = sequence_begin[sequence];
  let end = sequence_begin[sequence + 1u];
  for (var s = 0u; s < STATISTICS; s++) {
    token_statistics[s][lane] = 0.0;
  }
  token_statistics[13][lane] = 3.0e38;  // minimum of ρ
  var share = vec4f();  // Σ logprob − old_logprob, tokens
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    if (target_token[row] != 0xffffffffu) {
      let difference = logprob[row] - token[row].old_logprob;
      let token_ratio = exp(clamp(difference, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT));
      share += vec4f(difference, 1.0, 0.0, 0.0);
      token_statistics[2][lane] -= logprob[row];
      token_statistics[3][lane] += entropy[row];
      token_statistics[11][lane] += token_ratio - 1.0 - difference;
      token_statistics[15][lane] = max(token_statistics[15][lane], abs(difference));
    }
  }
  let total = workgroup_sum(lane, share);
  let tokens = total.y;
  let log_ratio = total.x / max(tokens, 1.0);
  let ratio = exp(clamp(log_ratio, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT));
  let weight = token[end - 1u].weight;
  let advantage = token[end - 1u].advantage;
  let plain = -advantage * ratio;
  let clipped = -advantage * clamp(ratio, 1.0 - params.clip_low, 1.0 + params.clip_high);
  let is_clipped = clipped > plain;
  let flat = is_clipped || abs(log_ratio) > LOG_RATIO_LIMIT;
  let slope = select(weight * plain / max(tokens, 1.0), 0.0, flat);
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    dlogprob[row] = select(0.0, slope, target_token[row] != 0xffffffffu);
    dentropy[row] = 0.0;
  }
  if (lane == 0u && tokens > 0.0) {
    let policy = weight * max(plain, clipped);
    token_statistics[0][0] = policy;
    token_statistics[1][0] = policy;
    token_statistics[4][0] = tokens;
    token_statistics[5][0] = tokens * ratio;
    token_statistics[6][0] = select(0.0, tokens, is_clipped && advantage < 0.0);
    token_statistics[7][0] = select(0.0, tokens, is_clipped && advantage > 0.0);
    token_statistics[10][0] = -total.x;
    token_statistics[13][0] = ratio;
    token_statistics[14][0] = ratio;
  }
  store_statistics(sequence, lane, 13u, 14u);
}
