import { expect } from "vitest";
import type { ChainProblem } from "../../src/tasks/chain-problem.ts";

/** A strict reader of the chain grammar, which shares no code with the teacher that writes it. */

const STEP = /^ ([a-h]) ([-+*]) (\d) = (\d \d)/;
const CHECK = /^ wait (\d) ([-+*]) (\d) = (\d) (\d) (\d) ([-+*]) (\d) = (\d) (\d) so (\d) (\d)/;
const END = /^ ans (\d \d) <eos>$/;

interface ReadStep {
  readonly quick: number;
  readonly checks: readonly number[];
}

export interface ReadResponse {
  /** Whether it opens with `so` and has no check and no second chain. */
  readonly bare: boolean;
  readonly chains: readonly (readonly ReadStep[])[];
  readonly answer: number;
}

/**
 * Reads a whole response and fails if it breaks the grammar, if a step is not the problem's next, or if the answer
 * is not the last value. With `longhandIsRight`, every digit of every check must be right, too.
 */
export function readChain(problem: ChainProblem, text: string, longhandIsRight: boolean): ReadResponse {
  let rest = ` ${text}`;
  const take = (pattern: RegExp): string[] => {
    const match = pattern.exec(rest);
    if (match === null) expect.fail(`${pattern} expected at "${rest}" of "${text}"`);
    rest = rest.slice(match[0].length);
    return match.slice(1);
  };

  const bare = rest.startsWith(" so");
  if (bare) take(/^ so/);
  const chains: ReadStep[][] = [];
  let value: number;
  do {
    if (chains.length > 0) take(/^ alt/);
    const chain: ReadStep[] = [];
    value = problem.start;
    for (const [i, { operator, digit }] of problem.operations.entries()) {
      const [label, op, d, quick] = take(STEP);
      expect([label, op, d]).toEqual(["abcdefgh"[i], operator, `${digit}`]);
      const checks: number[] = [];
      while (rest.startsWith(" wait")) {
        const fields = take(CHECK);
        if (longhandIsRight) expect(fields).toEqual(longhand(value, operator, digit));
        checks.push(Number(fields.slice(-2).join("")));
      }
      chain.push({ quick: twoDigits(quick!), checks });
      value = checks.at(-1) ?? twoDigits(quick!);
    }
    chains.push(chain);
  } while (rest.startsWith(" alt"));
  const answer = twoDigits(take(END)[0]!);
  expect(answer).toBe(value);
  if (bare)
    expect(
      chains.flat().length + chains.flatMap((chain) => chain.flatMap(({ checks }) => checks)).length,
    ).toBe(problem.operations.length);
  return { bare, chains, answer };
}

/** The twelve symbols of a right check, worked out from the numbers and not digit by digit as the teacher does. */
function longhand(value: number, operator: string, digit: number): string[] {
  const [tens, units] = [Math.floor(value / 10), value % 10];
  const right = `${apply(value, operator, digit)}`.padStart(2, "0");
  let unitsResult: string;
  let tensOperand = digit;
  let tensResult = `0${right[0]}`;
  if (operator === "*") {
    unitsResult = `${units * digit}`.padStart(2, "0");
    tensResult = `${tens * digit}`.padStart(2, "0");
  } else {
    const carries = operator === "+" ? units + digit > 9 : units < digit;
    unitsResult = `${carries ? 1 : 0}${right[1]}`;
    tensOperand = carries ? 1 : 0;
  }
  return [
    ...[`${units}`, operator, `${digit}`, ...unitsResult],
    ...[`${tens}`, operator, `${tensOperand}`, ...tensResult],
    ...right,
  ];
}

function apply(value: number, operator: string, digit: number): number {
  if (operator === "+") return (value + digit) % 100;
  if (operator === "-") return (value - digit + 100) % 100;
  return (value * digit) % 100;
}

function twoDigits(text: string): number {
  return Number(text.replace(" ", ""));
}
