// The loss of pairs of responses to one prompt, a chosen (w) and a rejected one (l), and its gradient. With n a response's tokens
//   and s its score, SimPO: s = Σ logprob / n;  DPO: s = Σ (logprob − ref_logprob):
//   margin = β·(s_w − s_l − params.margin),   preference = −log σ(margin),   nll = Σ_w −logprob / n_w,
//   loss = Σ_pairs weight · (preference + nll_coefficient · nll)
//   dlogprob[r] = ∓weight · σ(−margin) · β/n (DPO: β), − for w, + for l; and for w: − weight · nll_coefficient/n_w.
//   weight is that of w's last row. target_token … dentropy [rows], sequence_begin [2·pairs + 1], each w just before its l.
//   Rows without a target (0xffffffff) get zero gradients; dentropy is 0. One workgroup takes one pair. statistics [pairs, 16]:
//   loss, weight · preference, Σ −logprob, Σ entropy, tokens, 1, nll, whether s_w > s_l, β·s_w, β·s_l. Overwrites.
//   Sources: SimPO 2405.14734 eq. 6, DPO 2305.18290 eq. 7, Iterative RPO 2404.19733 eq. 2 (NLL term).
#include "lib/loss_statistics.wgsl"
#include "lib/loss_token.wgsl"
#include "lib/workgroup_sum.wgsl"

struct Params {
  beta: f32,
  margin: f32,           // γ/β
  nll_coefficient: f32,
  simpo: u32,            // 1: SimPO, 0: DPO
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

struct Response {
  begin: u32,
  end: u32,
  // Sums over the tokens.
  log_ratio: f32,  // logprob − ref_logprob; for SimPO, logprob
  logprob: f32,
  entropy: f32,
  tokens: f32,
}

fn sum_response(sequence: u32, lane: u32) -> Response {
  let begin = sequence_begin[sequence];
  let end = sequence_begin[sequence + 1u];
  var share = vec4f();
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    if (target_token[row] != 0xffffffffu) {
      let ref_logprob = select(token[row].ref_logprob, 0.0, params.simpo == 1u);
      share += vec4f(logprob[row] - ref_logprob, logprob[row], entropy[row], 1.0);
    }
  }
  let total = workgroup_sum(lane, share);
  return Response(begin, end, total.x, total.y, total.z, total.w);
}

// What a score divides by.
fn normaliser(response: Response) -> f32 {
  return select(1.0, max(response.tokens, 1.0), params.simpo == 1u);
}

fn write_gradient(response: Response, lane: u32, slope: f32) {
  for (var row = response.begin + lane; row < response.end; row += WORKGROUP) {
    dlogprob[row] = select(0.0, slope, target_token[row] != 0xffffffffu);
    dentropy[row] = 0.0;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let pair = group.x;
  let chosen = sum_response(2u * pair, lane);
  let rejected = sum_response(2u * pair + 1u, lane);
  let chosen_reward = params.beta * chosen.log_ratio / normaliser(chosen);
  let rejected_reward = params.beta * rejected.log_ratio / normaliser(rejected);
  let margin = chosen_reward - rejected_reward - params.beta * params.margin;

  // −log σ(m) = max(−m, 0) + log(1 + e^−|m|), and σ(−m) by the same exponential, so that nothing overflows.
  let small = exp(-abs(margin));
  let preference = max(-margin, 0.0) + log(1.0 + small);
  let pull = select(1.0, small, margin > 0.0) / (1.0 + small);
  let nll = -chosen.logprob / max(chosen.tokens, 1.0);

  let weight = token[chosen.end - 1u].weight;
  let chosen_slope = params.beta * pull / normaliser(chosen) + params.nll_coefficient / max(chosen.tokens, 1.0);
  write_gradient(chosen, lane, -weight * chosen_slope);
  write_gradient(rejected, lane, weight * params.beta * pull / normaliser(rejected));

  for (var s = 0u; s < STATISTICS; s++) {
    token_statistics[s][lane] = 0.0;
  }
  if (lane == 0u) {
    token_statistics[0][0] = weight * (preference + params.nll_coefficient * nll);
    token_statistics[1][0] = weight * preference;
    token_statistics[2][0] = -chosen.logprob - rejected.logprob;
    token_statistics[3][0] = chosen.entropy + rejected.entropy;
    token_statistics[4][0] = chosen.tokens + rejected.tokens;
    token_statistics[5][0] = 1.0;
    token_statistics[6][0] = nll;
    token_statistics[7][0] = select(0.0, 1.0, chosen_reward > rejected_reward);
    token_statistics[8][0] = chosen_reward;
    token_statistics[9][0] = rejected_reward;
  }
  store_statistics(pair, lane, STATISTICS, STATISTICS);
}
