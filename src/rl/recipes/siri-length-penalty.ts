import { kimiLengthPenaltyMethod, penaltySettings } from "./kimi-length-penalty.ts";
import type { Recipe } from "./recipe.ts";
import { lowAndHigh } from "./siri.ts";

/**
 * SIRI's cosine with Kimi k1.5's length penalty from the first trough on: the budget takes long thought away,
 * and among right answers the shorter earn more. Not of any paper. All but the schedule is as in
 * `kimi-length-penalty`. With SIRI's own advantages, divided by the deviation of their group, the toy forgot
 * how to answer under the same two (docs/results): where all responses of a group are right, or all wrong,
 * their lengths alone would then move the policy as far as being right does elsewhere. The trough is at
 * 0.7 L_max: from the paper's half, one seed of three did not come back to longer thought.
 *
 * Seeds 2 to 7 of the toy against five of the cosine: 5.4 ± 0.5 tokens of 47.2 fewer, accuracy +0.6 ± 0.7
 * points, on the hardest problems +6.7 ± 1.0. Seeds 0 and 1 chose it.
 */
export const siriLengthPenalty: Recipe = {
  name: "siri-length-penalty",
  title: "SIRI, length penalty",
  source: "bellows, after SIRI 2509.25176 §4.3 and Kimi k1.5 2501.12599 §2.3",
  method: kimiLengthPenaltyMethod,
  settings: (base) => penaltySettings({ kind: "cosine", lmin: Math.round(0.7 * base.lmax) }, base),
  reported: lowAndHigh,
};
