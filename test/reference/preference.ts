import { emptyStatistics, type LossStatistics } from "../../src/kernels/loss.ts";
import {
  emptyPreferenceStatistics,
  type PreferenceLossSettings,
  type PreferenceStatistics,
} from "../../src/kernels/preference.ts";

/** A token of a response, as the reference policy and this step's forward pass know it. */
export interface PairToken {
  readonly logprob: number;
  /** Log-prob under the reference policy. */
  readonly refLogprob: number;
  /** Entropy of the distribution that it is from, in nats. */
  readonly entropy: number;
}

/** Two responses to a prompt, of which one is to become likelier than the other. */
export interface TokenPair {
  /** 1 / (pairs of the whole batch), so that a batch may be split anywhere. */
  readonly weight: number;
  readonly chosen: readonly PairToken[];
  readonly rejected: readonly PairToken[];
}

/** log(1 + e^x), which e^x alone would overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1 / (1 + e^−x) */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/**
 * How much the policy likes a response, and the slope of that by each of its log-probs:
 *   SimPO   mean log-prob                        2405.14734 eq. 4: what generation ranks by, so that length earns nothing
 *   DPO     sum of log-prob − refLogprob         2305.18290 eq. 5: the reward that the policy is optimal for, over β
 */
export function score(response: readonly PairToken[], loss: PreferenceLossSettings["loss"]) {
  const sum = (of: (token: PairToken) => number) => response.reduce((total, token) => total + of(token), 0);
  if (loss === "dpo") return { value: sum((token) => token.logprob - token.refLogprob), slope: 1 };
  return { value: sum((token) => token.logprob) / response.length, slope: 1 / response.length };
}

/**
 * The loss of one pair, the Bradley-Terry likelihood that the chosen response beats the rejected one by the target margin:
 *   m    = β · (score of chosen − score of rejected) − β · margin          (the margin γ/β is SimPO's, eq. 5; DPO has none)
 *   loss = −log σ(m) + nllCoefficient · mean −log-prob of chosen
 * By m its slope is −σ(−m): a pair that is right by far no longer pulls. Iterative RPO (2404.19733 eq. 2) adds the NLL term,
 * because the margin alone may grow while both responses become less likely.
 */
export function pairLoss({ chosen, rejected }: TokenPair, settings: PreferenceLossSettings) {
  const { loss, beta, margin, nllCoefficient } = settings;
  const [better, worse] = [score(chosen, loss), score(rejected, loss)];
  const m = beta * (better.value - worse.value - (loss === "simpo" ? margin : 0));
  const nll = chosen.reduce((sum, { logprob }) => sum - logprob, 0) / chosen.length;
  const pull = beta * sigmoid(-m);
  return {
    preference: softplus(-m),
    nll,
    chosenReward: beta * better.value,
    rejectedReward: beta * worse.value,
    chosenSlope: -pull * better.slope - nllCoefficient / chosen.length,
    rejectedSlope: pull * worse.slope,
  };
}

/**
 * loss = Σ weight · (preference + nllCoefficient · nll)   over the pairs. Gradients by log-prob, of the chosen response and then
 * of the rejected one, pair by pair; and the statistics that the kernel reports.
 */
export function preferenceLoss(pairs: readonly TokenPair[], settings: PreferenceLossSettings) {
  const statistics = emptyStatistics();
  const preference = emptyPreferenceStatistics();
  const dlogprob = pairs.flatMap((pair) => {
    const result = pairLoss(pair, settings);
    countPair(statistics, preference, pair, result, settings);
    return [
      ...pair.chosen.map(() => pair.weight * result.chosenSlope),
      ...pair.rejected.map(() => pair.weight * result.rejectedSlope),
    ];
  });
  return { loss: statistics.loss, dlogprob: Float64Array.from(dlogprob), statistics, preference };
}

function countPair(
  total: LossStatistics,
  pairs: PreferenceStatistics,
  { weight, chosen, rejected }: TokenPair,
  result: ReturnType<typeof pairLoss>,
  { nllCoefficient }: PreferenceLossSettings,
): void {
  const { preference, nll, chosenReward, rejectedReward } = result;
  total.loss += weight * (preference + nllCoefficient * nll);
  total.policyLoss += weight * preference;
  for (const { logprob, entropy } of [...chosen, ...rejected]) {
    total.tokens += 1;
    total.surprisal -= logprob;
    total.entropy += entropy;
  }
  pairs.pairs += 1;
  pairs.nll += nll;
  pairs.preferred += chosenReward > rejectedReward ? 1 : 0;
  pairs.chosenReward += chosenReward;
  pairs.rejectedReward += rejectedReward;
}
