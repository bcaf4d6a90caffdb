import type { Decoder } from "../model/decoder.ts";
import type { Stream } from "../random.ts";

/** What a rollout asks of a decoder. */
export type RolloutDecoder = Pick<Decoder, "capacity" | "endToken" | "decode">;

/** Under which distribution and with which random numbers a rollout samples. */
export interface SamplingSettings {
  readonly temperature: number;
  readonly seed: number;
  readonly stream: Stream;
  readonly step: number;
  /** Tokens that end a response beside the decoder's own; left out: none. */
  readonly otherEnds?: readonly number[];
}

/** What to sample in one rollout. */
export interface RolloutRequest extends SamplingSettings {
  readonly prompts: readonly (readonly number[])[];
  /** Responses to each prompt. */
  readonly groupSize: number;
  /** Response tokens at most: the budget L(t), or L_max in evaluation. */
  readonly cap: number;
  /** Number of the first sequence for the random generator; a second rollout of the same step counts on from the first. */
  readonly firstId: number;
  /**
   * Tokens forced at the start of responses, each on an equal share of a group: its first responses get the first opening,
   * and so on (AdaptThink 2505.13417 §4.2). Left out or empty: sampling is free.
   */
  readonly openings?: readonly (readonly number[])[];
}

/** A response with what the sampler knew of it. */
export interface Trajectory {
  readonly prompt: readonly number[];
  /** The opening, if one was forced, and the sampled tokens, up to and including the end token if one was drawn. */
  readonly response: readonly number[];
  /** Of each token under the sampling distribution, in nats. */
  readonly logprobs: Float32Array;
  /** Of the distribution that each token was drawn from, in nats. */
  readonly entropies: Float32Array;
  /** Whether the end token was drawn; if not, the response was truncated at the cap. */
  readonly ended: boolean;
  /** Index of the opening that was forced; 0 where none was. */
  readonly opening: number;
}

/** A sequence to go on with. */
export interface Beginning {
  /** All tokens that there are: the prompt, and what there is of the response. */
  readonly context: readonly number[];
  /** Its number for the random generator, as in {@link DecodeRequest.randomId}. */
  readonly id: number;
  /** Tokens that may be added, at least one. */
  readonly cap: number;
}

/** What was added to a sequence; the fields are those of {@link Trajectory}. */
export type Continuation = Pick<Trajectory, "response" | "logprobs" | "entropies" | "ended">;

/**
 * Samples `groupSize` responses to each prompt, groups one after another. A forced opening belongs to the response and
 * counts under the cap. It stands for a draw between the openings, all alike: its first token has log-prob −log(openings)
 * and entropy log(openings), as AdaptThink's code has it (log 0.5 of two); any further token of it is certain.
 */
export async function rollout(decoder: RolloutDecoder, request: RolloutRequest): Promise<Trajectory[]> {
  const { prompts, groupSize, firstId, cap } = request;
  const openings = request.openings?.length ? request.openings : [[]];
  if (groupSize % openings.length !== 0) {
    throw new Error(`a group of ${groupSize} responses cannot share ${openings.length} openings evenly`);
  }
  const plans = prompts.flatMap((prompt) => {
    const contexts = openings.map((tokens) => (tokens.length === 0 ? prompt : [...prompt, ...tokens]));
    return Array.from({ length: groupSize }, (_, i) => {
      const opening = Math.floor((i * openings.length) / groupSize);
      return { prompt, opening, context: contexts[opening]! };
    });
  });
  const sampled = await continueAll(
    decoder,
    plans.map(({ context, opening }, i) => ({
      context,
      id: firstId + i,
      cap: cap - openings[opening]!.length,
    })),
    request,
  );
  return plans.map(({ prompt, opening }, i) => {
    const forced = openings[opening]!;
    const { response, logprobs, entropies, ended } = sampled[i]!;
    return {
      prompt,
      opening,
      response: [...forced, ...response],
      logprobs: joined(forced, Math.log(1 / openings.length), logprobs),
      entropies: joined(forced, Math.log(openings.length), entropies),
      ended,
    };
  });
}

/**
 * Goes on with every sequence, in as many decodes as the decoder's capacity asks for. What is sampled depends neither on
 * that split nor on the other sequences. Sequences that share one context array are prefilled once.
 */
export async function continueAll(
  decoder: RolloutDecoder,
  beginnings: readonly Beginning[],
  { temperature, seed, stream, step, otherEnds = [] }: SamplingSettings,
): Promise<Continuation[]> {
  const { sequences } = decoder.capacity;
  const continuations: Continuation[] = [];
  for (let begin = 0; begin < beginnings.length; begin += sequences) {
    const chunk = beginnings.slice(begin, begin + sequences);
    const contexts = [...new Set(chunk.map(({ context }) => context))];
    const indexOf = new Map(contexts.map((context, index) => [context, index]));
    const decoded = await decoder.decode({
      prompts: contexts,
      promptOf: Uint32Array.from(chunk, ({ context }) => indexOf.get(context)!),
      randomId: Uint32Array.from(chunk, ({ id }) => id),
      cap: Math.max(...chunk.map(({ cap }) => cap)),
      temperature,
      seed,
      stream,
      step,
    });
    // A smaller cap gives the beginning of the same response, so each is cut to its own; and so does an end that the device
    // does not know of.
    for (const [i, { cap }] of chunk.entries()) {
      const tokens = Array.from(decoded.tokens[i]!.subarray(0, cap));
      const end = tokens.findIndex((token) => token === decoder.endToken || otherEnds.includes(token));
      const length = end < 0 ? tokens.length : end + 1;
      continuations.push({
        response: tokens.slice(0, length),
        logprobs: decoded.logprobs[i]!.slice(0, length),
        entropies: decoded.entropies[i]!.slice(0, length),
        ended: end >= 0,
      });
    }
  }
  return continuations;
}

/** Values of forced tokens, of which the first has one and the others 0, before those of sampled ones. */
function joined(forced: readonly number[], first: number, sampled: Float32Array): Float32Array {
  const values = new Float32Array(forced.length + sampled.length);
  if (forced.length > 0) values[0] = first;
  values.set(sampled, forced.length);
  return values;
}
