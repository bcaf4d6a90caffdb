/** A prompt that is asked again as the policy changes, and what came of it. */
import { effect, signal } from "@preact/signals";
import type { ErrorData } from "../../src/errors.ts";
import type { ThinkRequest, Thought } from "../../src/worker/protocol.ts";
import { current, replaying, step } from "./model.ts";
import { asErrorData } from "./session.ts";

/** Asks the policy; rejects with a BellowsError. */
export type Think = (request: ThinkRequest) => Promise<readonly Thought[]>;

export interface Pin {
  /** As the records show it, e.g. `48 a *8 b *4 >`. */
  readonly prompt: string;
  /** Its words, as the worker takes them. */
  readonly words: string;
  readonly answer: string;
}

/** How often a pinned prompt is asked, and for how many responses. */
export const PIN_EVERY = 10;
export const PIN_SAMPLES = 4;

export const pin = signal<Pin | null>(null);
export const sightings = signal<readonly Sighting[]>([]);
/** Why the last question failed; the next one is asked all the same. */
export const pinError = signal<ErrorData | null>(null);

/** Pins a prompt, or none; what was seen of another is forgotten. */
export function setPin(wanted: Pin | null): void {
  pin.value = wanted;
  sightings.value = [];
  pinError.value = null;
}

/** Asks the pinned prompt of the current run whenever it is due, one question at a time. Returns what ends that. */
export function watchPin(think: Think): () => void {
  const asking = signal(false);
  let run = current.peek()?.id;
  return effect(() => {
    const [asked, at, id] = [pin.value, step.value, current.value?.id];
    if (id !== run) sightings.value = [];
    run = id;
    if (asked === null || id === undefined || asking.value || replaying.value) return;
    if (!isDue(sightings.peek(), at, PIN_EVERY)) return;
    const temperature = current.peek()!.config.peek().rl.temperature;
    const request = { samples: PIN_SAMPLES, temperature, checkpoint: null };
    const isWanted = () => pin.peek() === asked && current.peek()?.id === id;
    asking.value = true;
    think({ problem: { prompt: asked.words }, ...request })
      .then((thoughts) => {
        if (!isWanted()) return;
        sightings.value = withSighting(sightings.peek(), { step: at, thoughts });
        pinError.value = null;
      })
      .catch((error: unknown) => {
        if (!isWanted()) return;
        pinError.value = asErrorData(error);
        sightings.value = withSighting(sightings.peek(), { step: at, thoughts: [] });
      })
      .finally(() => {
        asking.value = false;
      });
  });
}

/** What the policy of one step made of the pinned prompt. */
export interface Sighting {
  /** Steps that the policy had learned from. */
  readonly step: number;
  readonly thoughts: readonly Thought[];
}

/** Most sightings that are kept; older ones go, as each holds whole responses. */
const MOST_SIGHTINGS = 100;

/** Adds a sighting in the order of steps; one of the same step is replaced, as after a run was reset. */
export function withSighting(history: readonly Sighting[], sighting: Sighting): Sighting[] {
  const before = history.filter(({ step }) => step < sighting.step);
  return [...before, sighting].slice(-MOST_SIGHTINGS);
}

/** Whether it is time to ask again. A run that was reset (its step is behind the last sighting) starts anew. */
export function isDue(history: readonly Sighting[], step: number, every: number): boolean {
  const last = history.at(-1);
  return last === undefined || step >= last.step + every || step < last.step;
}

export interface SightingSummary {
  readonly right: number;
  readonly cut: number;
  readonly responses: number;
  readonly meanLength: number;
  /** `wait` per response. */
  readonly rechecks: number;
}

/** @param answer the right answer as the task writes it; where the worker could not judge, answers are compared with it. */
export function summarise(thoughts: readonly Thought[], answer: string): SightingSummary {
  const mean = (value: (thought: Thought) => number) =>
    thoughts.reduce((sum, thought) => sum + value(thought), 0) / Math.max(thoughts.length, 1);
  return {
    right: thoughts.filter((thought) => isRight(thought, answer) === true).length,
    cut: thoughts.filter(({ truncated }) => truncated).length,
    responses: thoughts.length,
    meanLength: mean(({ words }) => words.length),
    rechecks: mean(({ words }) => words.filter((word) => word === "wait").length),
  };
}

/** Whether a thought ends in the right answer; null where nobody knows the answer. */
export function isRight(thought: Thought, answer: string | null = thought.answer): boolean | null {
  if (thought.correct !== null) return thought.correct;
  if (answer === null) return null;
  return answerOf(thought) === answer;
}

/** What a thought answers: what the worker read, else the words between the last `ans` and the end; null without any. */
export function answerOf({ prediction, words, truncated }: Thought): string | null {
  if (prediction !== null) return prediction;
  const begin = words.lastIndexOf("ans");
  if (truncated || begin < 0) return null;
  return words
    .slice(begin + 1)
    .filter((word) => word !== "<eos>")
    .join("");
}
