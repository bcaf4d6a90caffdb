import type { ChangeText, EvalPoint, RunLog } from "./data.ts";
import { amount, count, duration, fixed, percent, plural } from "./format.ts";
import type { Change, Cycle, Summary } from "./summary.ts";

/** A number with its name, for the row of numbers at the top. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What it was before, or what it is out of. */
  readonly note: string;
}

/** The run in a line: its first and its last evaluation. */
export function headline({ evals }: RunLog, { change, stepsDone }: Summary): string {
  const [first, last] = [evals[0], evals.at(-1)];
  const steps = plural(stepsDone, "step");
  if (first === undefined || last === undefined) {
    return stepsDone === 0 ? "Nothing was logged yet" : `${steps} and no evaluation`;
  }
  if ([first, last].some(({ accuracy, length }) => accuracy === null || length === null)) {
    return `${steps}, and nothing to compare: accuracy or length was not measured`;
  }
  return change === null ? `One evaluation: ${brief(last)}` : `From ${brief(first)} to ${brief(last)}`;
}

function brief({ accuracy, length }: EvalPoint): string {
  return `${percent(accuracy, 0)} right with ${fixed(length, 0)} tokens`;
}

/** What the method does, for readers who have never met it; only what this run's budget did. */
export function introduction({ cycles }: Summary): string {
  const learning =
    "A language model learns by trial and error: it answers each problem several times, and what is right within " +
    "a budget of tokens is reinforced.";
  if (cycles.length === 0) return learning;
  return (
    `${learning} The budget breathes: when it is small, the model is pressed to drop what it does not need; when it is ` +
    "large, there is room to think again (SIRI, arXiv 2509.25176)."
  );
}

/** Null where the run went as far as was planned. */
export function unfinished({ stepsDone, stepsPlanned }: Summary): string | null {
  if (stepsPlanned === null || stepsDone >= stepsPlanned) return null;
  return `This run is not finished: ${count(stepsDone)} of ${plural(stepsPlanned, "step")} are logged.`;
}

/** The run in sentences, each of which follows from its numbers. */
export function story(log: RunLog, summary: Summary): string[] {
  const { change } = summary;
  const sentences =
    change === null
      ? [withoutComparison(log)]
      : [accuracySentence(change), lengthSentence(change), truncationSentence(change)];
  return [
    ...sentences,
    budgetSentence(log, summary),
    lagSentence(summary),
    trainingSentence(summary),
    deadSentence(summary),
    skippedSentence(summary),
    ...log.changes.map(changeSentence),
  ].filter((sentence) => sentence !== null);
}

function withoutComparison({ steps, evals }: RunLog): string | null {
  if (evals.length === 1) {
    return "With a single evaluation there is nothing to compare: what training changed is not known.";
  }
  if (steps.length === 0) return null;
  return "Without an evaluation, what the model can do with the largest budget is not known.";
}

function accuracySentence({ first, last, gain, gainError, clear }: Change): string {
  if (gain === null) return "How many answers were right was not measured.";
  const numbers = `${percent(first.accuracy)} at step ${first.step} to ${percent(last.accuracy)} at step ${last.step}`;
  if (clear === null) return `Right answers went from ${numbers}; how uncertain that is was not measured.`;
  const error = `${fixed(100 * gainError!, 1)} points`;
  if (!clear) {
    return `Right answers did not change clearly: from ${numbers}, less than twice the standard error of ${error}.`;
  }
  return `Right answers ${gain > 0 ? "rose" : "fell"} from ${numbers} (standard error of the difference: ${error}).`;
}

/** Lengths that differ by less are called about the same. */
const SAME_LENGTH = 0.03;

function lengthSentence({ first, last, lengthRatio }: Change): string | null {
  if (lengthRatio === null) return null;
  const numbers = `${fixed(first.length, 1)} tokens before, ${fixed(last.length, 1)} after`;
  const share = Math.abs(lengthRatio - 1);
  if (share < SAME_LENGTH) return `Responses are about as long as they were: ${numbers}.`;
  return `Responses are ${percent(share, 0)} ${lengthRatio < 1 ? "shorter" : "longer"}: ${numbers}.`;
}

function truncationSentence({ first, last }: Change): string | null {
  if (first.truncated === null || last.truncated === null) return null;
  return `With the largest budget, ${percent(first.truncated)} of the responses were cut off before, ${percent(last.truncated)} after.`;
}

function budgetSentence({ steps }: RunLog, { cycles }: Summary): string | null {
  if (steps.length === 0) return null;
  const caps = steps.map((step) => step.cap);
  const [low, high] = [Math.min(...caps), Math.max(...caps)];
  if (low === high) return `The budget was held at ${count(high)} tokens.`;
  const range = `between ${count(high)} and ${count(low)} tokens`;
  const whole = cycles.filter((cycle) => cycle.whole).length;
  if (whole === 0) return `The budget moved ${range}, without a complete cycle of falling and rising again.`;
  const times = ["once", "twice"][whole - 1] ?? `${count(whole)} times`;
  const begun = cycles.length > whole ? "; another cycle was begun" : "";
  return `The budget fell and rose again ${times}, ${range}${begun}.`;
}

/** A correlation below this is no following. */
const LEAST_CORRELATION = 0.5;

function lagSentence({ lag }: Summary): string | null {
  if (lag === null) return null;
  if (lag.correlation < LEAST_CORRELATION) return "In training, length did not visibly follow the budget.";
  const delay = lag.lag === 0 ? "without delay" : `with a delay of ${plural(lag.lag, "step")}`;
  return `In training, length followed the budget ${delay} (correlation ${fixed(lag.correlation, 2)}).`;
}

function trainingSentence({ meanTruncated }: Summary): string | null {
  if (meanTruncated === null) return null;
  return `${percent(meanTruncated)} of the responses in training were cut off.`;
}

function deadSentence({ meanDead }: Summary): string | null {
  if (meanDead === null) return null;
  return `In ${percent(meanDead, 0)} of the groups all responses earned the same, which teaches nothing.`;
}

function skippedSentence({ skippedUpdates }: Summary): string | null {
  if (skippedUpdates === 0) return null;
  return `${plural(skippedUpdates, "update was", "updates were")} skipped because the gradient was not finite.`;
}

function changeSentence({ step, settings }: ChangeText): string {
  const news = settings.map(({ path, from, to }) => `${path} was ${to} instead of ${from}`);
  return `From step ${step} on, ${news.join(", ")}.`;
}

/** The numbers that stand first. */
export function facts({ evals }: RunLog, summary: Summary): Fact[] {
  const { stepsDone, stepsPlanned, sampledTokens, seconds } = summary;
  const [first, last] = [evals[0], evals.at(-1)];
  const training: Fact[] = [
    {
      name: "steps",
      value: count(stepsDone),
      note: stepsPlanned === null ? "" : `of ${count(stepsPlanned)}`,
    },
    {
      name: "tokens sampled",
      value: amount(sampledTokens),
      note: seconds === null ? "" : `in ${duration(seconds)}`,
    },
  ];
  if (first === undefined || last === undefined) return training;
  const before = (text: string) => (first === last ? `at step ${last.step}` : `was ${text}`);
  return [
    { name: "right answers", value: percent(last.accuracy), note: before(percent(first.accuracy)) },
    { name: "mean tokens", value: fixed(last.length, 1), note: before(fixed(first.length, 1)) },
    { name: "mean re-checks", value: fixed(last.wait, 2), note: before(fixed(first.wait, 2)) },
    { name: "cut off", value: percent(last.truncated), note: before(percent(first.truncated)) },
    ...training,
  ];
}

export function cycleName({ number, whole }: Cycle): string {
  return whole ? `${number}` : `${number}, unfinished`;
}
