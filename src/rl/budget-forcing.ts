import {
  type Continuation,
  continueAll,
  type RolloutDecoder,
  type RolloutRequest,
  rollout,
  type Trajectory,
} from "./rollout.ts";

/** Budget forcing: what is done to thinking while it is decoded (s1 2501.19393 §3). */
export interface BudgetForcing {
  /** Tokens of thinking after which its end is forced; 0: never. */
  readonly forceAnswerAt: number;
  /** How often the end of thinking is replaced, in each response. */
  readonly ignoreEnds: number;
  /** The token that ends thinking; an answer follows. */
  readonly end: number;
  /** The token that replaces it. */
  readonly wait: number;
}

/** A response is cut before token `at`, and goes on from `token` there. */
export interface Intervention {
  readonly at: number;
  readonly token: number;
}

/**
 * What budget forcing does to a response, if anything. Thinking is what stands before the first end of thinking. Where
 * that comes within the budget it is replaced, `ignoreEnds` times; thinking that is longer than the budget is cut there
 * and ended. So tokens that were used before a replaced end count: the budget is one for all.
 * @param ignored ends that were replaced before.
 */
export function intervention(
  { response, ended }: Pick<Trajectory, "response" | "ended">,
  ignored: number,
  { forceAnswerAt, ignoreEnds, end, wait }: BudgetForcing,
): Intervention | null {
  const budget = forceAnswerAt > 0 ? forceAnswerAt : Number.POSITIVE_INFINITY;
  const at = response.indexOf(end);
  const thought = at >= 0 ? at : response.length - Number(ended);
  if (thought > budget || (thought === budget && at < 0)) return { at: budget, token: end };
  if (at >= 0 && at < budget && ignored < ignoreEnds) return { at, token: wait };
  return null;
}

/**
 * A rollout under budget forcing. Each intervention cuts a response and samples on from there, so that a rollout takes up
 * to `ignoreEnds` + 2 rounds; the decoder must have room for prompts of a prompt and a response. A forced token counts
 * for the length; it was not drawn, so its log-prob and entropy are 0.
 */
export async function budgetForcedRollout(
  decoder: RolloutDecoder,
  request: RolloutRequest,
  forcing: BudgetForcing,
): Promise<Trajectory[]> {
  const { firstId, cap } = request;
  const trajectories = await rollout(decoder, request);
  const ignored = trajectories.map(() => 0);
  for (let round = 1; ; round++) {
    const open: number[] = [];
    for (const [index, trajectory] of trajectories.entries()) {
      const change = intervention(trajectory, ignored[index]!, forcing);
      if (change === null) continue;
      ignored[index]! += Number(change.token === forcing.wait);
      trajectories[index] = applied(trajectory, change);
      if (change.at + 1 < cap) open.push(index);
    }
    if (open.length === 0) return trajectories;
    const beginnings = open.map((index) => {
      const { prompt, response } = trajectories[index]!;
      const id = firstId + round * trajectories.length + index;
      return { context: [...prompt, ...response], id, cap: cap - response.length };
    });
    const continuations = await continueAll(decoder, beginnings, request);
    for (const [i, index] of open.entries()) {
      trajectories[index] = extended(trajectories[index]!, continuations[i]!);
    }
  }
}

function applied(trajectory: Trajectory, { at, token }: Intervention): Trajectory {
  const { response, logprobs, entropies } = trajectory;
  return extended(
    {
      ...trajectory,
      response: response.slice(0, at),
      logprobs: logprobs.slice(0, at),
      entropies: entropies.slice(0, at),
    },
    { response: [token], logprobs: Float32Array.of(0), entropies: Float32Array.of(0), ended: false },
  );
}

function extended(trajectory: Trajectory, more: Continuation): Trajectory {
  return {
    ...trajectory,
    response: [...trajectory.response, ...more.response],
    logprobs: Float32Array.of(...trajectory.logprobs, ...more.logprobs),
    entropies: Float32Array.of(...trajectory.entropies, ...more.entropies),
    ended: more.ended,
  };
}
