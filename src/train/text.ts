/** Published models and their task, text: on hosts that read its files. Nothing that a page loads imports this. */
import { BellowsError, invalid } from "../errors.ts";
import { modelFolder, type OpenModel, openModel } from "../io/checkpoint.ts";
import { readPublishedTokenizer } from "../io/published-tokenizer.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import type { Task } from "../tasks/task.ts";
import { readProblems } from "../tasks/text/problems.ts";
import { TEXT } from "../tasks/text/settings.ts";
import { TextTask } from "../tasks/text/text-task.ts";
import { TextTokenizer } from "../tasks/text/tokenizer.ts";
import { type Config, parseConfig, parseFields } from "./config.ts";
import { type ConfigSources, layConfig } from "./settings.ts";
import type { CheckpointPlace } from "./weights.ts";

/** A published model: open, its weights not yet read, and its tokenizer. */
export interface Published extends OpenModel {
  readonly tokenizer: TextTokenizer;
}

/** A config, and the task that it names. */
export interface ConfiguredTask {
  readonly config: Config;
  readonly task: Task;
}

/**
 * Opens a checkpoint folder as a published model; undefined where it holds the words of a toy.
 * @throws BellowsError `checkpoint-invalid`, `storage-failed`.
 */
export async function openPublished({ storage, path }: CheckpointPlace): Promise<Published | undefined> {
  const folder = await modelFolder(storage, path);
  if (folder !== path && !(await storage.exists(folder))) return undefined; // loading them says what adapters lack
  const model = await openModel(storage, folder);
  const parsed = await readPublishedTokenizer(storage, folder, model.configJson);
  if (parsed === undefined) return undefined;
  const published = { folder, config: model.configJson, ...parsed };
  return { ...model, tokenizer: new TextTokenizer(published, model.config.vocab_size) };
}

/**
 * The config of a published model, with its shape and its task, and settings of a size that fits such models. What a user sets goes
 * over it.
 */
export function composeText(sources: ConfigSources, { config }: Published): Record<string, unknown> {
  return layConfig({ ...sources, published: { ...textSettings(config), model: shapeOf(config) } });
}

/**
 * Checks a laid config of text and makes its task.
 * @param problems the text of `text.file`; none where prompts come from elsewhere.
 * @throws BellowsError `config-invalid`, `input-invalid` naming a line of the file.
 */
export function textTask(
  laid: object,
  { tokenizer, config: shape }: Pick<Published, "tokenizer" | "config">,
  problems?: string,
): ConfiguredTask {
  const fields = parseFields(laid);
  const { file, ...settings } = fields.text;
  const lines = problems === undefined ? [] : readProblems(problems, file);
  const task = new TextTask(tokenizer, lines, settings, file);
  checkMethod(fields);
  const config = parseConfig(laid, task);
  for (const [field, value] of Object.entries(config.model)) {
    const right = JSON.stringify(shape[field as keyof typeof shape]);
    if (field === "max_position_embeddings" || JSON.stringify(value) === right) continue;
    const message = `model.${field} is ${JSON.stringify(value)}; it must be ${right}, as in the published model`;
    throw new BellowsError("config-invalid", message, { field: `model.${field}` });
  }
  return { config, task };
}

/** Whether a config that is not checked yet asks for text. */
export function asksForText({ task }: Record<string, unknown>): boolean {
  return typeof task === "object" && task !== null && (task as { name?: unknown }).name === TEXT;
}

/**
 * What differs from the toy: lengths of text, as far as the model has positions, the paper's learning rate (SIRI 2509.25176 §4.1), and
 * batches of which the logits of 150,000 tokens fit a GPU.
 */
function textSettings({ max_position_embeddings }: Published["config"]) {
  const longest = Math.min(768, max_position_embeddings);
  const lmax = Math.ceil((2 * longest) / 3);
  return {
    task: { name: TEXT },
    text: { promptTokens: longest - lmax },
    schedule: { lmax, lmin: Math.ceil(lmax / 2) },
    rl: { promptsPerStep: 8, learningRate: 1e-6 },
    eval: { problemsPerLevel: 64, samples: 1 },
    train: { microBatchTokens: 1024, decodeSequences: 64 },
  };
}

/** Refuses methods that need what only a toy has in its script: words to force and for budgets, a teacher, solutions. */
function checkMethod({ method }: Config): void {
  const { openings, promptBudget, needsTeacher } = traitsOf(method.name);
  const lacks = [
    ...(openings === undefined ? [] : ["no words to open responses with"]),
    ...(promptBudget === undefined ? [] : ["no words for a budget in prompts"]),
    ...(needsTeacher ? ["no teacher"] : []),
  ];
  if (lacks.length > 0) {
    const right = `a method that needs no language of bellows' own: ${TEXT} has ${lacks.join(" and ")}`;
    throw invalid("config-invalid", "method.name", method.name, right);
  }
  if (method.chosen === "first-solution" || method.chosen === "reflection") {
    const right = `shortest or all: in ${TEXT}, solutions inside a response cannot be told`;
    throw invalid("config-invalid", "method.chosen", method.chosen, right);
  }
}

function shapeOf({ vocab_size: _, ...shape }: Published["config"]) {
  return shape;
}
