import { expect } from "vitest";
import type { CountdownProblem } from "../../src/tasks/countdown.ts";

/** A strict reader of the countdown grammar, which shares no code with the teacher that writes it. */

const STEP = /^(\d+) ([-+*]) (\d+) = (\d+)(?: |$)/;
const CHECK = /^wait (\d+) ([-+*]) (\d+) = (\d+) (\d+) ([-+*]) (\d+) = (\d+) so (\d+)(?: |$)/;
const TARGET = /^> (\d+)(?: |$)/;
const END = /^ans ([-+*()\d ]+) <eos>$/;

interface ReadStep {
  readonly quick: number;
  readonly right: number;
  readonly checks: number;
}

export interface ReadAttempt {
  readonly steps: readonly ReadStep[];
  /** What it came to with all numbers used; null if it was given up. */
  readonly value: number | null;
}

/**
 * Reads a whole response and fails if it breaks the grammar, if a step does not go on from the value before it, if
 * it uses a number that is not left, or if a check is not right in both halves and their sum.
 */
export function readCountdown(
  problem: CountdownProblem,
  text: string,
): { attempts: ReadAttempt[]; answer: string } {
  let rest = text;
  const take = (pattern: RegExp): string[] | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match?.slice(1) ?? null;
  };

  const attempts: ReadAttempt[] = [];
  do {
    const steps: ReadStep[] = [];
    const left = [...problem.numbers];
    const use = (number: number) => {
      expect(left, `${text}: ${number} is not left`).toContain(number);
      left.splice(left.indexOf(number), 1);
    };
    let value = Number.NaN;
    for (let step = take(STEP); step !== null; step = take(STEP)) {
      const [a, operator, b, quick] = step as [string, string, string, string];
      if (steps.length === 0) use(Number(a));
      else expect(Number(a), text).toBe(value);
      use(Number(b));
      const right = apply(Number(a), operator, Number(b));
      value = Number(quick);
      let checks = 0;
      for (let check = take(CHECK); check !== null; check = take(CHECK)) {
        const [a1, op1, b1, c1, a2, op2, b2, c2, so] = check as string[];
        expect([a1, op1], text).toEqual([a, operator]);
        expect(apply(Number(a1), op1!, Number(b1)), text).toBe(Number(c1));
        expect(a2, text).toBe(c1);
        expect(apply(Number(a2), op2!, Number(b2)), text).toBe(Number(c2));
        expect([c2, so], text).toEqual([`${right}`, `${right}`]);
        value = right;
        checks += 1;
      }
      steps.push({ quick: Number(quick), right, checks });
    }
    const target = take(TARGET);
    if (target !== null) expect([left, Number(target[0])], text).toEqual([[], problem.target]);
    else expect(left.length, text).toBeGreaterThan(0);
    attempts.push({ steps, value: target === null ? null : value });
  } while (take(/^alt /) !== null);
  const end = take(END);
  if (end === null) expect.fail(`${END} expected at "${rest}" of "${text}"`);
  return { attempts, answer: end[0]! };
}

function apply(a: number, operator: string, b: number): number {
  if (operator === "+") return a + b;
  return operator === "-" ? a - b : a * b;
}
