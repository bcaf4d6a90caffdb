import type { Decoder } from "../model/decoder.ts";
import type { Stream } from "../random.ts";

/** What to sample in one rollout. */
export interface RolloutRequest {
  readonly prompts: readonly (readonly number[])[];
  /** Responses to each prompt. */
  readonly groupSize: number;
  /** Response tokens at most: the budget L(t), or L_max in evaluation. */
  readonly cap: number;
  readonly temperature: number;
  readonly seed: number;
  readonly stream: Stream;
  readonly step: number;
  /** Number of the first sequence for the random generator; a second rollout of the same step counts on from the first. */
  readonly firstId: number;
}

/** A response with what the sampler knew of it. */
export interface Trajectory {
  readonly prompt: readonly number[];
  /** Sampled tokens, up to and including the end token if it was drawn. */
  readonly response: readonly number[];
  /** Of each token under the sampling distribution, in nats. */
  readonly logprobs: Float32Array;
  /** Of the distribution that each token was drawn from, in nats. */
  readonly entropies: Float32Array;
  /** Whether the end token was drawn; if not, the response was truncated at the cap. */
  readonly ended: boolean;
}

/**
 * Samples `groupSize` responses to each prompt, groups one after another, in as many decodes as the decoder's capacity
 * asks for. What is sampled does not depend on that split.
 */
export async function rollout(decoder: Decoder, request: RolloutRequest): Promise<Trajectory[]> {
  const { prompts, groupSize, firstId, cap, temperature, seed, stream, step } = request;
  const total = prompts.length * groupSize;
  const trajectories: Trajectory[] = [];
  for (let begin = 0; begin < total; begin += decoder.capacity.sequences) {
    const count = Math.min(decoder.capacity.sequences, total - begin);
    const firstPrompt = Math.floor(begin / groupSize);
    const lastPrompt = Math.floor((begin + count - 1) / groupSize);
    const chunk = prompts.slice(firstPrompt, lastPrompt + 1);
    const promptOf = Uint32Array.from(
      { length: count },
      (_, i) => Math.floor((begin + i) / groupSize) - firstPrompt,
    );
    const randomId = Uint32Array.from({ length: count }, (_, i) => firstId + begin + i);
    const decoded = await decoder.decode({
      prompts: chunk,
      promptOf,
      randomId,
      cap,
      temperature,
      seed,
      stream,
      step,
    });
    for (let i = 0; i < count; i++) {
      const response = Array.from(decoded.tokens[i]!);
      trajectories.push({
        prompt: chunk[promptOf[i]!]!,
        response,
        logprobs: decoded.logprobs[i]!,
        entropies: decoded.entropies[i]!,
        ended: response.at(-1) === decoder.endToken,
      });
    }
  }
  return trajectories;
}
