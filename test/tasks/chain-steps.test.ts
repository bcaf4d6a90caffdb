import { expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { ChainArithmetic, chainArithmetic } from "../../src/tasks/chain-arithmetic.ts";
import { type StepRecord, stepStatistics, summariseSteps } from "../../src/tasks/chain-steps.ts";
import { resolveSettings } from "../../src/tasks/registry.ts";
import { chainWords, prototype, prototypeProblem } from "./chain-prototype.ts";

const task = new ChainArithmetic(resolveSettings(chainArithmetic, {}));

/** As the fixture writes steps. */
function coded(records: readonly StepRecord[]): string {
  return records
    .map(({ kind, operator, right, waited }) => `${kind[0]}${operator}${Number(right)}${Number(waited)}`)
    .join(" ");
}

test.each([...prototype.problems, ...prototype.damaged])(
  "$prompt: the steps that the prototype reads in $response",
  (row) => {
    expect(coded(stepStatistics(task, prototypeProblem(row), chainWords(row.response)))).toBe(row.steps);
  },
);

const problem = prototypeProblem({ level: 0, prompt: "48a*8b+4>", answer: "88" });

test.each([
  ["a later step is judged by the value that the response came to", "a*8=24b+4=28n28.", "q*00 q+10"],
  ["alt begins again from the start", "a*8=24b+4=28ta*8=84b+4=88n88.", "q*00 q+10 q*10 q+10"],
  ["a result at the cut is not followed by wait", "a*8=84", "q*10"],
  ["a cut within a result", "a*8=8", ""],
  ["a cut within a check", "a*8=84w8*8=644*8=32s8", "q*11"],
  ["wait before any step", "w8*8=644*8=32s84a*8=84", ""],
  ["a label that the problem has not", "a*8=84c+4=88", "q*10"],
  ["a bare response", "sa*8=84b+4=88n88.", "q*10 q+10"],
  ["no equals sign", "a*8+84", ""],
])("%s", (_, response, steps) => {
  expect(coded(stepStatistics(task, problem, chainWords(response)))).toBe(steps);
});

test("token ids outside the vocabulary end the reading", () => {
  expect(stepStatistics(task, problem, [...chainWords("a*8="), 99, -1])).toEqual([]);
});

test("the teacher slips and doubts as often as the prototype's", () => {
  const random = new Random(4, STREAM.trial);
  const counts = Object.fromEntries(
    Object.keys(prototype.steps).map((kind) => [
      kind,
      { right: 0, rightWaited: 0, wrong: 0, wrongWaited: 0 },
    ]),
  );
  for (let i = 0; i < 12_000; i++) {
    const drawn = task.problem(i % 4, random);
    for (const { kind, operator, right, waited } of stepStatistics(task, drawn, task.trace(drawn, random))) {
      const count = counts[`${kind[0]}${operator}`]!;
      count[right ? "right" : "wrong"] += 1;
      if (waited) count[right ? "rightWaited" : "wrongWaited"] += 1;
    }
  }
  for (const [kind, theirs] of Object.entries(prototype.steps)) {
    const ours = counts[kind]!;
    const close = (part: keyof typeof ours, whole: (count: typeof ours) => number) => {
      const share = (ours[part] + theirs[part]) / (whole(ours) + whole(theirs));
      const error = Math.sqrt(share * (1 - share) * (1 / whole(ours) + 1 / whole(theirs)));
      const difference = ours[part] / whole(ours) - theirs[part] / whole(theirs);
      expect(Math.abs(difference), `${kind}: ${part}`).toBeLessThanOrEqual(4 * error);
    };
    close("right", ({ right, wrong }) => right + wrong);
    close("rightWaited", ({ right }) => right);
    // The teacher's checks are never wrong.
    if (kind[0] === "q") close("wrongWaited", ({ wrong }) => wrong);
    else expect([ours.wrong, theirs.wrong]).toEqual([0, 0]);
  }
});

test("four shares sum it up", () => {
  const record = (code: string): StepRecord => ({
    kind: code[0] === "q" ? "quick" : "check",
    operator: code[1] as StepRecord["operator"],
    right: code[2] === "1",
    waited: code[3] === "1",
  });
  const codes = "q*11 c*11 c*10 q*10 q*10 q*01 q*00 q+11 q-10 q-10 q-10 q+01";
  expect(summariseSteps(codes.split(" ").map(record))).toEqual({
    quickProductRight: 3 / 5,
    waitAfterRightProduct: 1 / 3,
    waitAfterWrongProduct: 1 / 2,
    waitAfterRightSum: 1 / 4,
  });
  expect(summariseSteps([record("c*11")])).toEqual({
    quickProductRight: null,
    waitAfterRightProduct: null,
    waitAfterWrongProduct: null,
    waitAfterRightSum: null,
  });
});
