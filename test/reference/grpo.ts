import type { GrpoLossSettings } from "../../src/kernels/grpo.ts";
import { emptyStatistics, type LossStatistics } from "../../src/kernels/loss.ts";

/** A sampled token, as the rollout and this step's forward pass know it. */
export interface GrpoToken {
  /** Mask and normaliser of the loss aggregation in one number. */
  readonly weight: number;
  readonly advantage: number;
  /** Log-prob under the policy that sampled it. */
  readonly oldLogprob: number;
  /** Log-prob under the reference policy. */
  readonly refLogprob: number;
  readonly logprob: number;
  /** Entropy of the distribution it was drawn from, in nats. */
  readonly entropy: number;
}

const LOG_RATIO_LIMIT = 20; // as in verl: keeps e^x finite
const KL_LIMIT = 10;

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/**
 * The policy term of one token (PPO's clipped surrogate as in GRPO, 2402.03300 §4.1), to be minimised. With the ratio
 * ρ = e^(logprob − oldLogprob) and the advantage A:
 *   plain   = −A · ρ                                          more of what was good, less of what was bad …
 *   clipped = −A · clip(ρ, 1 − clipLow, 1 + clipHigh)     … but only so far from the policy that sampled it
 *   value   = max(plain, clipped)                             the worse of the two, so clipping never flatters
 * The two bounds may differ (clip-higher: DAPO, 2503.14476 §3.1). For A < 0, plain grows without bound as ρ does; dual
 * clip (1912.09729) stops it at −A · dualClip.
 *
 * Since dρ/dlogprob = ρ, the slope of `plain` is `plain` itself; the other two branches are flat.
 */
export function policyTerm(
  logRatio: number,
  advantage: number,
  settings: Pick<GrpoLossSettings, "clipLow" | "clipHigh" | "dualClip">,
) {
  const ratio = Math.exp(clamp(logRatio, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT));
  const plain = -advantage * ratio;
  const clipped = -advantage * clamp(ratio, 1 - settings.clipLow, 1 + settings.clipHigh);
  const worse = Math.max(plain, clipped);
  const bound =
    settings.dualClip > 0 && advantage < 0 ? -advantage * settings.dualClip : Number.POSITIVE_INFINITY;
  const value = Math.min(worse, bound);
  const moves = value === plain && Math.abs(logRatio) <= LOG_RATIO_LIMIT;
  return { value, slope: moves ? plain : 0, ratio, clipped: clipped > plain, bounded: worse > bound };
}

/**
 * Estimators of KL(policy ‖ reference) from one sample (Schulman, "Approximating KL divergence", 2020), with
 * d = refLogprob − logprob, and their slopes by logprob:
 *   k1 = −d                unbiased, may be negative          slope 1
 *   k2 = d²/2              biased, never negative             slope −d
 *   k3 = e^d − 1 − d       unbiased and never negative        slope 1 − e^d
 * k3 is limited to 10, and is flat there: e^d explodes where the policy has all but given up a token.
 */
export function klTerm(d: number, kind: GrpoLossSettings["klKind"]): { value: number; slope: number } {
  switch (kind) {
    case "none":
      return { value: 0, slope: 0 };
    case "k1":
      return { value: -d, slope: 1 };
    case "k2":
      return { value: d ** 2 / 2, slope: -d };
    case "k3": {
      const limited = clamp(d, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT);
      const value = Math.exp(limited) - 1 - limited;
      return value > KL_LIMIT ? { value: KL_LIMIT, slope: 0 } : { value, slope: 1 - Math.exp(d) };
    }
  }
}

/**
 * loss = Σ weight · (policy + klCoefficient · kl − entropyCoefficient · entropy)   over the tokens; `undefined` stands for a
 * row without a target. Gradients by logprob and by entropy, and the statistics that the kernel reports.
 */
export function grpoLoss(tokens: readonly (GrpoToken | undefined)[], settings: GrpoLossSettings) {
  const { klCoefficient, entropyCoefficient } = settings;
  const dlogprob = new Float64Array(tokens.length);
  const dentropy = new Float64Array(tokens.length);
  const statistics = emptyStatistics();
  for (const [r, token] of tokens.entries()) {
    if (token === undefined) continue;
    const { weight, advantage, logprob, oldLogprob, refLogprob, entropy } = token;
    const policy = policyTerm(logprob - oldLogprob, advantage, settings);
    const kl = klTerm(refLogprob - logprob, settings.klKind);
    dlogprob[r] = weight * (policy.slope + klCoefficient * kl.slope);
    dentropy[r] = -weight * entropyCoefficient;
    statistics.loss += weight * (policy.value + klCoefficient * kl.value - entropyCoefficient * entropy);
    statistics.policyLoss += weight * policy.value;
    statistics.kl += kl.value;
    countToken(statistics, token, policy);
  }
  return { loss: statistics.loss, dlogprob, dentropy, statistics };
}

function countToken(s: LossStatistics, token: GrpoToken, policy: ReturnType<typeof policyTerm>): void {
  const { advantage, logprob, oldLogprob, entropy } = token;
  const { ratio, clipped, bounded } = policy;
  s.tokens += 1;
  s.surprisal += -logprob;
  s.entropy += entropy;
  s.ratio += ratio;
  s.clippedLow += clipped && advantage < 0 ? 1 : 0;
  s.clippedHigh += clipped && advantage > 0 ? 1 : 0;
  s.dualClipped += bounded ? 1 : 0;
  s.policyKl += oldLogprob - logprob;
  s.mismatchK3 += ratio - 1 - (logprob - oldLogprob);
  s.ratioMinimum = Math.min(s.ratioMinimum, ratio);
  s.ratioMaximum = Math.max(s.ratioMaximum, ratio);
  s.mismatchMaximum = Math.max(s.mismatchMaximum, Math.abs(logprob - oldLogprob));
}
