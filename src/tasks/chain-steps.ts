import { applyOperation, type ChainProblem, LABELS } from "./chain-problem.ts";
import type { Operator } from "./expression.ts";
import type { ToyTask } from "./task.ts";

/** A result as a response gives it. */
export interface ReadResult {
  readonly kind: "quick" | "check";
  /** Index of the operation that its step names. */
  readonly operation: number;
  /** What the response had come to before the step, 0 to 99. */
  readonly before: number;
  /** 0 to 99. */
  readonly value: number;
  /** Words of the response up to and including the result. */
  readonly end: number;
}

/** A result in a response to a chain problem. */
export interface StepRecord {
  readonly kind: "quick" | "check";
  readonly operator: Operator;
  /** Right for the value that the response itself had come to before this step. */
  readonly right: boolean;
  /** Whether `wait` follows at once. */
  readonly waited: boolean;
}

/** Tokens of a quick step and of a check; both end in the two digits of their result. */
const TOKENS = { quick: 6, check: 16 } as const;

/**
 * Every quick result and every check of a response, in order, up to the first that cannot be read. Lenient otherwise:
 * the operation is the one that the step's label names, whatever is written after it.
 * @param words those of the response.
 */
export function readResults({ start, operations }: ChainProblem, words: readonly string[]): ReadResult[] {
  const labels: readonly string[] = LABELS;
  const results: ReadResult[] = [];
  let value = start;
  let step: { operation: number; before: number } | undefined;
  let i = 0;
  while (i < words.length) {
    const label = labels.indexOf(words[i]!);
    const kind = label >= 0 ? "quick" : "check";
    if (kind === "check" && words[i] !== "wait") {
      i += 1;
      continue;
    }
    if (kind === "quick") {
      if (label >= operations.length || words[i + 3] !== "=") break;
      step = { operation: label, before: label === 0 ? start : value };
    }
    i += TOKENS[kind];
    const digits = words.slice(i - 2, i).join("");
    if (step === undefined || !/^\d\d$/.test(digits)) break;
    value = Number(digits);
    results.push({ kind, ...step, value, end: i });
  }
  return results;
}

/** The results of a response, each judged by the value that the response had come to before it. */
export function stepStatistics(
  { vocabulary }: Pick<ToyTask, "vocabulary">,
  problem: ChainProblem,
  response: readonly number[],
): StepRecord[] {
  const words = response.map((id) => vocabulary.tokens[id] ?? "");
  return readResults(problem, words).map(({ kind, operation, before, value, end }) => {
    const { operator } = problem.operations[operation]!;
    const right = value === applyOperation(before, problem.operations[operation]!);
    return { kind, operator, right, waited: words[end] === "wait" };
  });
}

/** Four shares that tell whether a model checks what needs checking; null where there was no such result. */
export interface StepSummary {
  /** Quick products that are right. */
  readonly quickProductRight: number | null;
  /** Right quick products that are checked. */
  readonly waitAfterRightProduct: number | null;
  /** Wrong quick products that are checked: the checks that pay. */
  readonly waitAfterWrongProduct: number | null;
  /** Right quick sums and differences that are checked: wasted tokens. */
  readonly waitAfterRightSum: number | null;
}

export function summariseSteps(records: readonly StepRecord[]): StepSummary {
  const quick = records.filter(({ kind }) => kind === "quick");
  const products = quick.filter(({ operator }) => operator === "*");
  const sums = quick.filter(({ operator }) => operator !== "*");
  return {
    quickProductRight: share(products, ({ right }) => right),
    waitAfterRightProduct: share(
      products.filter(({ right }) => right),
      ({ waited }) => waited,
    ),
    waitAfterWrongProduct: share(
      products.filter(({ right }) => !right),
      ({ waited }) => waited,
    ),
    waitAfterRightSum: share(
      sums.filter(({ right }) => right),
      ({ waited }) => waited,
    ),
  };
}

function share(records: readonly StepRecord[], test: (record: StepRecord) => boolean): number | null {
  return records.length === 0 ? null : records.filter(test).length / records.length;
}
