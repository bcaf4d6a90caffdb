import type { Random } from "../random.ts";
import type { Operator } from "./expression.ts";
import { probability, type Setting } from "./task.ts";

/**
 * Habits of the teacher, an overthinker: its quick, one-shot results are often wrong, its longhand checks are
 * reliable, and it makes far more of them than it needs. A model that has learnt to imitate it stands where SIRI
 * begins: what is left to learn is which checks are worth their tokens. All are probabilities.
 */
export type Habits = Readonly<
  Record<
    | "multiplicationSlip"
    | "additionSlip"
    | "subtractionSlip"
    | "noise"
    | "checkAfterRight"
    | "checkAfterWrong"
    | "checkAgain",
    number
  >
>;

/** Habits as settings of a task, with the task's own defaults. */
export function habitSettings(defaults: Habits): Record<keyof Habits, Setting> {
  return {
    multiplicationSlip: probability(
      defaults.multiplicationSlip,
      "How often a quick multiplication leaves something out",
    ),
    additionSlip: probability(defaults.additionSlip, "How often a quick addition forgets its carry"),
    subtractionSlip: probability(
      defaults.subtractionSlip,
      "How often a quick subtraction forgets its borrow",
    ),
    noise: probability(defaults.noise, "How often a quick result is a random number"),
    checkAfterRight: probability(
      defaults.checkAfterRight,
      "How often a right quick result is checked: wasted tokens",
    ),
    checkAfterWrong: probability(defaults.checkAfterWrong, "How often a wrong result is checked"),
    // Below 1, or the teacher would check for ever.
    checkAgain: probability(defaults.checkAgain, "How often a right check is followed by another", 0.9),
  };
}

const SLIP = {
  "+": "additionSlip",
  "-": "subtractionSlip",
  "*": "multiplicationSlip",
} as const satisfies Record<Operator, keyof Habits>;

/** One calculation, and how its task writes it down. */
export interface Step {
  readonly operator: Operator;
  readonly right: number;
  /** The quick result if the teacher slips; may be right by luck. */
  readonly slip: number;
  writeQuick(result: number): void;
  /** Writes a longhand check and returns its result. */
  writeCheck(): number;
}

/** Writes a quick result, then checks for as long as the teacher doubts, and returns the last result, 0 to 99. */
export function takeStep(step: Step, habits: Habits, random: Random): number {
  let result = random.chance(habits[SLIP[step.operator]]) ? step.slip : step.right;
  if (random.chance(habits.noise)) result = random.integer(0, 100);
  step.writeQuick(result);
  let doubt = result === step.right ? habits.checkAfterRight : habits.checkAfterWrong;
  while (random.chance(doubt)) {
    result = step.writeCheck();
    doubt = result === step.right ? habits.checkAgain : habits.checkAfterWrong;
  }
  return result;
}
