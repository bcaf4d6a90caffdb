import * as v from "valibot";
import { SCHEDULE_KINDS } from "../rl/length-schedule.ts";
import { MAX_STEPS } from "../train/config-schema.ts";
import { PRESETS, type PresetName } from "../train/presets.ts";
import { schemaError } from "../train/schema-error.ts";
import { choice, group, object, whole } from "../train/setting-kinds.ts";

const NAME = "letters, digits, dots, hyphens and underscores, at most 60, the first a letter or digit";
const BUDGET = "an object with one of tokens, steps, seconds";
const PATCH = "an object, a part of a config";

const name = (description: string) =>
  v.pipe(v.string(NAME), v.regex(/^[A-Za-z0-9][\w.-]{0,59}$/, NAME), v.description(description));

const patch = (description: string) => v.pipe(object(PATCH), v.description(description));

const several = <T extends v.GenericSchema>(item: T, what: string) =>
  v.pipe(v.array(item, what), v.minLength(1, what));

const budget = v.pipe(
  group({
    tokens: v.exactOptional(
      whole("tokens that each run generates in training", { unit: "tokens", least: 1 }),
    ),
    steps: v.exactOptional(whole("steps of each run", { unit: "steps", least: 1, most: MAX_STEPS })),
    seconds: v.exactOptional(
      whole("time that each run samples and updates; not reproducible", { unit: "seconds", least: 1 }),
    ),
  }),
  v.check((given) => Object.keys(given).length === 1, BUDGET),
);

const benchmark = group({
  problemsPerLevel: whole("fresh problems of each difficulty", { unit: "problems", least: 1, most: 100_000 }),
  samples: whole("responses to each problem", { unit: "responses", least: 1, most: 1024 }),
  seed: whole("seed of the problems; other than eval.seed, so that they are fresh"),
});

const RECIPE = "the name of a recipe, or a list of them";

const entry = group({
  recipe: v.union([v.string(), several(v.string(), RECIPE)], RECIPE),
  name: v.exactOptional(name("what the entry is called, in place of its recipe")),
  seeds: several(whole("seed of a run"), "a list of seeds"),
  cycles: v.exactOptional(
    several(whole("T of a run", { unit: "steps", least: 1, most: MAX_STEPS }), "a list of cycle lengths"),
  ),
  shapes: v.exactOptional(
    several(choice("shape of the budget", SCHEDULE_KINDS), `a list of ${SCHEDULE_KINDS.join(", ")}`),
  ),
  set: v.exactOptional(patch("laid over the recipe")),
});

const MatrixSchema = group({
  name: name("what the comparison is called"),
  preset: choice("the config that everything is laid over", Object.keys(PRESETS) as PresetName[]),
  set: v.exactOptional(patch("laid over the preset, and under the recipes")),
  budget,
  benchmark,
  entries: several(entry, "a list of entries"),
});

/** What is compared: recipes × seeds × cycle lengths × shapes, each with the same budget and on the same problems. */
export type Matrix = v.InferOutput<typeof MatrixSchema>;

export type Entry = Matrix["entries"][number];
export type Budget = Matrix["budget"];

/**
 * Checks what a matrix file holds; recipes and settings are checked where cells are made of it (cells.ts).
 * @throws BellowsError `config-invalid` naming the first field at fault, its value and what would be right.
 */
export function parseMatrix(input: unknown): Matrix {
  const result = v.safeParse(MatrixSchema, input, { abortEarly: true });
  if (!result.success) throw schemaError(result.issues[0], "matrix");
  return result.output;
}
