import { describe, expect, test } from "vitest";
import { template } from "../../src/export/templates.ts";
import { Random, STREAM } from "../../src/random.ts";
import { cappedCorrectness, overlongPunishment } from "../../src/rl/reward.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import type { Problem, Task, ToyTask } from "../../src/tasks/task.ts";
import { runPython } from "./support.ts";

const MAIN = `
import json, sys
from reward import score
for line in sys.stdin:
    print(score(*json.loads(line)))
`;

interface Response {
  readonly problem: Problem;
  readonly response: readonly number[];
  readonly cap: number;
  readonly buffer: number;
}

/** What the exported reward gives. */
async function pythonScores(task: Task, responses: readonly Response[]): Promise<number[]> {
  const files = {
    "main.py": MAIN,
    "reward.py": template("reward.py"),
    "verifier.py": template(`verifiers/${task.name}.py`),
  };
  const lines = responses.map(({ problem, response, cap, buffer }) => {
    const words = response.map((id) => task.vocabulary.token(id));
    return JSON.stringify([task.vocabulary.decode(problem.prompt), problem.answer, words, cap, buffer]);
  });
  const printed = await runPython(files, `${lines.join("\n")}\n`);
  return printed.trimEnd().split("\n").map(Number);
}

/** What bellows gives. */
function ourScore(task: Task, { problem, response, cap, buffer }: Response): number {
  const { correct, prediction } = task.verify(problem, response);
  const ended = response.at(-1) === task.vocabulary.end;
  const context = { step: 0, totalSteps: 1, cap, phase: "hold" as const };
  const sample = { prompt: problem.prompt, response, ended, correct, prediction };
  const [right] = cappedCorrectness([sample], context);
  return right! + (buffer > 0 ? overlongPunishment(response.length, cap, buffer) : 0);
}

/** A teacher's trace, or one that was cut, swapped, glued or shuffled; or words at random. */
function makeResponse(task: ToyTask, problem: Problem, random: Random): readonly number[] {
  const trace = task.trace(problem, random);
  const { tokens, ans, end } = task.vocabulary;
  const word = () => random.integer(0, tokens.length);
  switch (random.integer(0, 8)) {
    case 0:
      return trace.slice(0, random.integer(0, trace.length)); // cut off
    case 1:
      return trace.with(random.integer(0, trace.length), word());
    case 2:
      return [...trace, ...task.trace(problem, random)]; // goes on after the end
    case 3:
      return [ans, ...Array.from({ length: random.integer(0, 7) }, word), end];
    case 4:
      return [ans, ...random.shuffle(trace.slice(trace.lastIndexOf(ans) + 1, -1)), end];
    default:
      return trace;
  }
}

function makeResponses(task: ToyTask, count: number): Response[] {
  const random = new Random(7, STREAM.sftProblems);
  return Array.from({ length: count }, (_, i) => {
    const problem = task.problem(i % task.levels.length, random);
    const response = makeResponse(task, problem, random);
    return { problem, response, cap: random.pick([30, 60, 200]), buffer: random.pick([0, 0, 10]) };
  });
}

describe.each([...TASKS.keys()])("the exported reward of %s", (name) => {
  const task = createTask(name);

  test("is that of bellows for 6000 responses, right and wrong", async () => {
    const responses = makeResponses(task, 6000);
    const ours = responses.map((response) => ourScore(task, response));
    const theirs = await pythonScores(task, responses);
    expect(theirs).toHaveLength(responses.length);
    const differing = responses.filter((_, i) => !(Math.abs(theirs[i]! - ours[i]!) < 1e-12));
    expect(
      differing.map(({ problem, response }) => task.vocabulary.decode([...problem.prompt, ...response])),
    ).toEqual([]);
    const right = ours.filter((score) => score > 0.5).length;
    expect(right).toBeGreaterThan(1000);
    expect(responses.length - right).toBeGreaterThan(1000);
  }, 60_000);

  test("takes a problem's own answer for right, and nothing for wrong", async () => {
    const random = new Random(1, STREAM.evalProblems);
    const problem = task.problem(0, random);
    const { vocabulary } = task;
    const words = name === "countdown" ? (problem.answer.match(/\d+|\S/g) ?? []) : [...problem.answer];
    const answer = vocabulary.ids(["ans", ...words, "<eos>"]);
    const responses = [answer, answer.slice(0, -1), [], vocabulary.ids(["<eos>"])];
    const scores = await pythonScores(
      task,
      responses.map((response) => ({ problem, response, cap: 80, buffer: 0 })),
    );
    expect(scores).toEqual([1, 0, 0, 0]);
  });
});
