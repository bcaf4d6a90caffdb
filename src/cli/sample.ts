import { BellowsError } from "../errors.ts";
import { print } from "../host/node-program.ts";
import { Random, STREAM } from "../random.ts";
import { drawProblem } from "../tasks/split.ts";
import type { Problem, Task } from "../tasks/task.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll, writeWeights } from "../train/engine.ts";
import { evalPrompt, evalRollout } from "../train/evaluate.ts";
import { loadNamed } from "./checkpoints.ts";
import { chooseVariants, openDevice } from "./device.ts";
import type { ConfigFlags } from "./flags.ts";
import { prepareFor } from "./prepare.ts";
import { bold, dim } from "./terminal.ts";

export interface SampleFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly variants?: string;
  readonly count?: string;
  readonly samples?: string;
  readonly level?: string;
  readonly temperature?: string;
  readonly prompt?: string;
}

/** `bellows sample [checkpoint]`: prints reasoning traces for problems that training never sees, or for a given prompt. */
export async function runSample(checkpoint: string | undefined, flags: SampleFlags): Promise<number> {
  const { set = [], temperature } = flags;
  const more = temperature === undefined ? [] : [`eval.temperature=${temperature}`];
  const withoutProblems = flags.prompt !== undefined;
  const { config, task } = await prepareFor(
    checkpoint,
    { ...flags, set: [...set, ...more] },
    { withoutProblems },
  );
  const count = wholeFlag("count", flags.count, 4, 1, 1000);
  const samples = wholeFlag("samples", flags.samples, 1, 1, 1000);
  const problems =
    flags.prompt === undefined ? drawProblems(task, flags, count, config.seed) : [given(task, flags.prompt)];
  const name = checkpoint ?? config.init;
  const { weights } = await loadNamed(config, task, name);

  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfigOf(config, task), flags.variants ?? "auto");
  const engine = await buildEngine(gpu, config, variants, task);
  writeWeights(engine, weights);
  await compileAll(gpu, () => {});
  const trajectories = await evalRollout(engine, {
    prompts: problems.map(({ prompt }) => evalPrompt(engine, prompt)),
    groupSize: samples,
    cap: config.schedule.lmax,
    temperature: config.eval.temperature,
    seed: config.seed,
    stream: STREAM.showSampling,
    step: 0,
    otherEnds: task.vocabulary.otherEnds,
    firstId: 0,
  });
  gpu.close();
  const { vocabulary } = task;
  for (const [index, problem] of problems.entries()) {
    const judge = "answer" in problem ? (problem as Problem) : null;
    const prompt = vocabulary.format(problem.prompt);
    const indent = "\n".padEnd(8);
    if (!flags.json) print(`${bold(prompt)}${judge === null ? "" : dim(`  right: ${judge.answer}`)}`);
    for (const { response, ended } of trajectories.slice(index * samples, (index + 1) * samples)) {
      const verdict = judge === null ? null : task.verify(judge, response);
      const text = vocabulary.format(response);
      const record = { prompt, response: text, length: response.length, truncated: !ended, ...verdict };
      const mark = verdict === null ? " " : verdict.correct ? "✓" : "✗";
      const end = ended ? "" : dim(" … cut");
      print(
        flags.json
          ? JSON.stringify(record)
          : `  ${mark} ${String(response.length).padStart(3)}  ${text.replaceAll("\n", indent)}${end}`,
      );
    }
  }
  return 0;
}

function drawProblems(task: Task, flags: SampleFlags, count: number, seed: number): Problem[] {
  const random = new Random(seed, STREAM.evalProblems, 1000);
  const top = task.levels.length;
  const level = flags.level === undefined ? null : wholeFlag("level", flags.level, 1, 1, top) - 1;
  return Array.from({ length: count }, (_, i) => drawProblem(task, level ?? i % top, "eval", random));
}

/** A prompt in the words of the task, with nothing known about its answer. */
function given(task: Task, text: string): Pick<Problem, "prompt"> {
  const prompt = task.vocabulary.encode(text);
  if (prompt.length >= 1 && prompt.length <= task.maxPromptTokens) return { prompt };
  throw new BellowsError(
    "input-invalid",
    `the prompt has ${prompt.length} tokens; it must have 1 to ${task.maxPromptTokens}`,
    {
      field: "prompt",
    },
  );
}

function wholeFlag(
  name: string,
  value: string | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  const number = value === undefined ? fallback : Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new BellowsError(
    "input-invalid",
    `--${name} is ${value}; it must be a whole number from ${least} to ${most}`,
    {
      field: name,
    },
  );
}
