import { saveCheckpoint, type Weights } from "../io/checkpoint.ts";
import { encodeJson } from "../io/json.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import { capAt } from "../rl/length-schedule.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import { learningRateOf } from "../train/update-settings.ts";
import { checkExportable, type Mapping, TARGET_NAMES, type Target } from "./mapping.ts";
import { flatParquet, verlParquet } from "./parquet.ts";
import { evalRows, type ProblemRow, trainRows } from "./problems.ts";
import { fill, template } from "./templates.ts";
import { trlMapping } from "./trl.ts";
import { verlMapping } from "./verl.ts";
import { toYaml } from "./yaml.ts";

/** Version of each trainer that the export was written for and tried with. */
export const VERSIONS: Readonly<Record<Target, string>> = { trl: "1.16.0", verl: "0.9.1" };

/** An export that is ready to be written. */
export interface Export {
  /** Files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Problems of training and of evaluation. */
  readonly problems: { readonly train: number; readonly eval: number };
  readonly differences: readonly string[];
}

/**
 * All files of an export but the model.
 * @throws BellowsError `config-invalid` for a setting that the trainer has no counterpart for.
 */
export function makeExport(config: Config, task: Task, target: Target): Export {
  checkExportable(config, target);
  const { settings, differences } = target === "trl" ? trlMapping(config) : verlMapping(config, task);
  const train = trainRows(config, task);
  const evaluation = evalRows(config, task);
  const parquet = (rows: readonly ProblemRow[]) =>
    target === "trl" ? flatParquet(rows) : verlParquet(rows, task.name);
  const text = new Map([
    ["verifier.py", template(`verifiers/${task.name}.py`)],
    ["reward.py", template("reward.py")],
    ["schedule.csv", scheduleCsv(config)],
    ["README.md", readme(config, task, target, { settings, differences })],
  ]);
  const own = target === "trl" ? ["train.py"] : ["bellows_verl.py", "agent_loops.yaml", "train.sh"];
  for (const name of own) text.set(name, template(`${target}/${name}`));
  if (target === "verl") text.set("config.yaml", toYaml(settings));
  const files = new Map<string, Uint8Array>([
    ["train.parquet", parquet(train)],
    ["eval.parquet", parquet(evaluation)],
    ["bellows.json", encodeJson(config, "config")],
  ]);
  if (target === "trl") files.set("settings.json", encodeJson(settings, "settings"));
  for (const [name, content] of text) files.set(name, new TextEncoder().encode(content));
  return { files, problems: { train: train.length, eval: evaluation.length }, differences };
}

/** Writes an export with the model that it starts from into a new folder; what fails leaves nothing behind. */
export async function writeExport(
  storage: Storage,
  folder: string,
  { files }: Export,
  weights: Weights["parameters"],
  config: Config,
  task: Task,
): Promise<void> {
  try {
    await saveCheckpoint(storage, joinPath(folder, "model"), {
      config: modelConfigOf(config, task),
      vocabulary: task.vocabulary.stored,
      parameters: weights,
    });
    for (const [name, content] of files) await storage.write(joinPath(folder, name), [content]);
  } catch (error) {
    await storage.remove(folder).catch(() => {});
    throw error;
  }
}

/** Cap and learning rate of each step. */
function scheduleCsv(config: Config): string {
  const lines = Array.from(
    { length: config.rl.steps },
    (_, step) => `${step},${capAt(config.schedule, step)},${learningRateOf(config, step)}\n`,
  );
  return `step,cap,learning_rate\n${lines.join("")}`;
}

function readme(config: Config, task: Task, target: Target, { differences }: Mapping): string {
  const { rl, schedule } = config;
  return fill(`${target}/README.md`, {
    version: VERSIONS[target],
    task: task.name,
    steps: String(rl.steps),
    prompts: String(rl.promptsPerStep),
    group: String(rl.groupSize),
    schedule: `${schedule.kind}, ${schedule.lmin} to ${schedule.lmax} tokens`,
    differences: differences.map((difference) => `- ${difference}\n`).join(""),
    name: TARGET_NAMES[target],
  });
}
