import { calculate, type Operator } from "./expression.ts";
import type { Problem } from "./task.ts";

/** One operation of a problem: `digit` is 2 to 9. */
export interface Operation {
  readonly operator: Operator;
  readonly digit: number;
}

export interface ChainProblem extends Problem {
  /** 10 to 99. */
  readonly start: number;
  readonly operations: readonly Operation[];
}

/** Names of the operations, in order: the model looks up which is next instead of counting. */
export const LABELS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** The value after an operation, modulo 100. */
export function applyOperation(value: number, { operator, digit }: Operation): number {
  return (calculate(value, operator, digit) + 100) % 100;
}
