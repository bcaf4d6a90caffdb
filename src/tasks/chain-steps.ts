import { applyOperation, type ChainArithmetic, type ChainProblem, LABELS } from "./chain-arithmetic.ts";
import type { Operator } from "./expression.ts";

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
 */
export function stepStatistics(
  task: ChainArithmetic,
  problem: ChainProblem,
  response: readonly number[],
): StepRecord[] {
  const words = response.map((id) => task.vocabulary.tokens[id] ?? "");
  const labels: readonly string[] = LABELS;
  const records: StepRecord[] = [];
  let value = problem.start;
  let step: { operator: Operator; right: number } | undefined;
  let i = 0;
  while (i < words.length) {
    const label = labels.indexOf(words[i]!);
    const kind = label >= 0 ? "quick" : "check";
    if (kind === "check" && words[i] !== "wait") {
      i += 1;
      continue;
    }
    if (kind === "quick") {
      const operation = problem.operations[label];
      if (operation === undefined || words[i + 3] !== "=") break;
      const before = label === 0 ? problem.start : value;
      step = { operator: operation.operator, right: applyOperation(before, operation) };
    }
    i += TOKENS[kind];
    const result = words.slice(i - 2, i).join("");
    if (step === undefined || !/^\d\d$/.test(result)) break;
    value = Number(result);
    records.push({ kind, operator: step.operator, right: value === step.right, waited: words[i] === "wait" });
  }
  return records;
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
