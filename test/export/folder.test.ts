import { parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, test } from "vitest";
import { type Export, makeExport, writeExport } from "../../src/export/folder.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { initialParameters } from "../../src/model/init.ts";
import { Random, STREAM } from "../../src/random.ts";
import { capAt, SCHEDULE_KINDS } from "../../src/rl/length-schedule.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import { modelConfigOf } from "../../src/train/config.ts";
import { evalProblems } from "../../src/train/evaluate.ts";
import { drawTrainProblems } from "../../src/train/problems.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { learningRateOf } from "../../src/train/update-settings.ts";

const STEPS = 12;
const SETTINGS = ["rl.steps=12", "rl.promptsPerStep=5", "schedule.cycle=8", "eval.problemsPerLevel=3"];

const textOf = ({ files }: Export, name: string) => new TextDecoder().decode(files.get(name));

async function rowsOf({ files }: Export, name: string): Promise<Record<string, unknown>[]> {
  const bytes = files.get(name)!;
  return parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  });
}

describe.each([...TASKS.keys()])("an export of %s", (name) => {
  const config = composeConfig({ settings: [...SETTINGS, `task.name=${name}`, "seed=3"] });
  const task = createTask(name);
  const caps = Array.from({ length: STEPS }, (_, step) => capAt(config.schedule, step));
  /** What the trainer draws, as words. */
  const drawn = caps.flatMap((cap, step) =>
    drawTrainProblems(task, config, new Random(config.seed, STREAM.trainProblems, step), 5).map(
      (problem) => ({
        step,
        level: problem.level,
        cap,
        prompt: task.vocabulary.decode(problem.prompt),
        answer: problem.answer,
      }),
    ),
  );
  const asked = evalProblems(task, config).map(({ level, prompt, answer }) => ({
    step: 0,
    level,
    cap: config.schedule.lmax,
    prompt: task.vocabulary.decode(prompt),
    answer,
  }));

  test("to TRL has every problem in the order of steps, each with its cap", async () => {
    const made = makeExport(config, task, "trl");
    expect(await rowsOf(made, "train.parquet")).toEqual(drawn);
    expect(await rowsOf(made, "eval.parquet")).toEqual(asked);
    expect(made.problems).toEqual({ train: drawn.length, eval: asked.length });
  });

  test("to verl has them as chats with what the reward needs", async () => {
    const made = makeExport(config, task, "verl");
    const asVerl = (rows: typeof drawn) =>
      rows.map(({ answer, ...row }, index) => ({
        data_source: name,
        prompt: [{ role: "user", content: row.prompt }],
        reward_model: { style: "rule", ground_truth: answer },
        extra_info: { index, ...row },
      }));
    expect(await rowsOf(made, "train.parquet")).toEqual(asVerl(drawn));
    expect(await rowsOf(made, "eval.parquet")).toEqual(asVerl(asked));
  });

  test("holds the model as a checkpoint that says the same words", async () => {
    const storage = new MemoryStorage();
    const parameters = initialParameters(modelConfigOf(config, task), 1);
    await storage.createFolder("out");
    await writeExport(storage, "out", makeExport(config, task, "trl"), parameters, config, task);
    const model = await loadCheckpoint(storage, "out/model");
    expect(Buffer.from(model.parameters.buffer).equals(Buffer.from(parameters.buffer))).toBe(true);
    expect(model.vocabulary).toEqual(task.vocabulary.stored);
    expect(await storage.list("out")).toEqual([
      "README.md",
      "bellows.json",
      "eval.parquet",
      "model",
      "reward.py",
      "schedule.csv",
      "settings.json",
      "train.parquet",
      "train.py",
      "verifier.py",
    ]);
  });
});

describe("the schedule", () => {
  test.each(SCHEDULE_KINDS)("%s: the same numbers in file and rows, step by step", async (kind) => {
    const stages = kind === "staged" ? ['schedule.stages=[{"step":0,"cap":44},{"step":5,"cap":61}]'] : [];
    const settings = [...SETTINGS, `schedule.kind=${kind}`, ...stages, "rl.decay=cosine", "rl.warmupSteps=3"];
    const config = composeConfig({ settings });
    const made = makeExport(config, createTask(config.task.name), "trl");
    const lines = textOf(made, "schedule.csv").trimEnd().split("\n");
    expect(lines[0]).toBe("step,cap,learning_rate");
    const expected = Array.from({ length: STEPS }, (_, step) => [
      step,
      capAt(config.schedule, step),
      learningRateOf(config, step),
    ]);
    expect(lines.slice(1).map((line) => line.split(",").map(Number))).toEqual(expected);
    const rows = await rowsOf(made, "train.parquet");
    expect(rows.map(({ step, cap }) => [step, cap])).toEqual(
      expected.flatMap(([step, cap]) => Array.from({ length: 5 }, () => [step, cap])),
    );
  });
});

describe("the files", () => {
  const task = createTask("chain-arithmetic");
  const config = composeConfig({ settings: SETTINGS });
  let made: Record<"trl" | "verl", Export>;
  beforeAll(() => {
    made = { trl: makeExport(config, task, "trl"), verl: makeExport(config, task, "verl") };
  });

  test("a README names every file, and every difference", () => {
    for (const target of ["trl", "verl"] as const) {
      const readme = textOf(made[target], "README.md");
      for (const name of made[target].files.keys()) {
        if (name !== "README.md") expect(readme, target).toContain(name);
      }
      for (const difference of made[target].differences) expect(readme).toContain(`- ${difference}\n`);
      expect(readme).not.toMatch(/\{\{|undefined/);
    }
  });

  test("are the same bytes each time", () => {
    expect(makeExport(config, task, "trl").files).toEqual(made.trl.files);
    expect(makeExport(config, task, "verl").files).toEqual(made.verl.files);
  });

  test("bring the run's own config along", () => {
    expect(JSON.parse(textOf(made.trl, "bellows.json"))).toEqual(config);
  });
});
