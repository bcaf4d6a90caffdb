import { BellowsError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { Language } from "./language.ts";
import type { Split } from "./split.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One problem, as plain data. A task adds the fields that its verifier and its teacher need. */
export interface Problem {
  /** Index into the task's `levels`. */
  readonly level: number;
  /** Token ids, at most `maxPromptTokens`. */
  readonly prompt: readonly number[];
  /** A right answer, written as in `Verdict.prediction`. */
  readonly answer: string;
  /** Canonical text, the same for the same problem at any level. Decides the split (split.ts). */
  readonly key: string;
}

export interface Verdict {
  readonly correct: boolean;
  /** The answer that the response gives; null where it gives none or none that can be read. */
  readonly prediction: string | null;
}

export interface Level {
  readonly name: string;
  /** The benchmark of the SIRI paper whose place this level takes; empty where it takes none. */
  readonly standsFor: string;
  /** Tokens, end token included, of a response that takes every step once and checks none. */
  readonly shortestResponse: number;
}

/** A budget that a prompt names: so many response tokens, end token included, exactly or at most (L1 2503.04697 §3). */
export interface Budget {
  readonly kind: "exact" | "max";
  readonly tokens: number;
}

/** Words that budget forcing puts in (s1 2501.19393 §3). */
export interface ThinkingWords {
  /** Ends thinking: an answer follows. */
  readonly end: number;
  /** Goes on with thinking where the model would have ended it. */
  readonly wait: number;
}

/**
 * A kind of problem with its language and its verifier. Every random choice comes from the generator that is handed in, so
 * the same generator gives the same problems.
 *
 * A task takes back only problems that it made itself; `P` names what it adds to them.
 */
export interface Task<P extends Problem = Problem> {
  readonly name: string;
  readonly vocabulary: Language;
  /** From easy to hard. */
  readonly levels: readonly Level[];
  /** Tokens of the longest prompt. */
  readonly maxPromptTokens: number;
  /** Absent where responses have no thinking apart from the answer. */
  readonly thinking?: ThinkingWords;
  /** Absent where the language is not the task's own, so that it has neither a teacher nor words of its own. */
  readonly script?: Script<P>;
  /** @throws BellowsError `input-invalid` where there is no such level. */
  problem(level: number, random: Random): P;
  /** All problems of a level that belong to a split; absent where there is no end of them. */
  listed?(level: number, split: Split): readonly P[];
  /** Judges a response: the sampled tokens up to and including the end token, if it was drawn. Never throws. */
  verify(problem: P, response: readonly number[]): Verdict;
}

/** What a task can do that made up its language. */
export interface Script<P extends Problem = Problem> {
  readonly vocabulary: Vocabulary;
  /** Tokens that {@link withBudget} adds to a prompt. */
  readonly budgetTokens: number;
  /** The largest budget that a prompt can name. */
  readonly largestBudget: number;
  /** A response of the teacher, ending in the end token. The teacher errs, so it need not be correct. */
  trace(problem: P, random: Random): number[];
  /**
   * The prompt with a budget named in it.
   * @throws BellowsError `input-invalid` where the task has no words for that number of tokens.
   */
  withBudget(prompt: readonly number[], budget: Budget): number[];
  /**
   * The response cut behind its `count`-th solution that is right (the last of them, if there are fewer), with the answer
   * and the end token put there: first correct solution, and with reflection (OverThink 2412.21187 §4). A solution is what
   * a way through the whole problem comes to. Null where none is right. Never throws.
   */
  cutAfterSolution(problem: P, response: readonly number[], count: number): number[] | null;
}

/** A task with a language of its own. */
export interface ToyTask<P extends Problem = Problem> extends Task<P>, Script<P> {
  readonly vocabulary: Vocabulary;
  /** The task itself. */
  readonly script: Script<P>;
}

/** A number that a user may set, with all that a form needs to ask for it. */
export interface Setting {
  readonly description: string;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
  /** Whole numbers only. */
  readonly integer?: boolean;
}

/** What the registry knows of a task before it is made. */
export interface TaskDefinition<Name extends string = string> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** In the order in which a form shows them. */
  readonly settings: Readonly<Record<Name, Setting>>;
  /** `settings` must be complete and in range: see `resolveSettings` of registry.ts. */
  create(settings: Readonly<Record<Name, number>>): ToyTask;
}

/** A setting that is a probability. */
export function probability(value: number, description: string, maximum = 1): Setting {
  return { description, unit: "probability", minimum: 0, maximum, default: value };
}

/**
 * The row of a task's table of levels.
 * @throws BellowsError `input-invalid` where there is no such level.
 */
export function levelAt<L>(levels: readonly L[], level: number): L {
  const row = levels[level];
  if (row === undefined) {
    throw new BellowsError("input-invalid", `level is ${level}; it must be one of 0 to ${levels.length - 1}`);
  }
  return row;
}
