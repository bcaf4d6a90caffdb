/** Reads the `curves.jsonl` that `bellows compare` leaves (src/compare/rows.ts), whoever may have written it. */
import * as v from "valibot";
import { type Curve, EVAL_METRICS, STEP_METRICS } from "../../src/compare/rows.ts";
import { BellowsError, invalid } from "../../src/errors.ts";
import { shown } from "../../src/io/json.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { object, whole } from "../../src/train/setting-kinds.ts";
import { composeConfig } from "../../src/train/settings.ts";

/** What the page takes of a curve; nothing else of it is looked at. */
export type RecordedCurve = Pick<Curve, "cell" | "entry" | "seed" | "steps" | "evals" | "levels" | "config">;

/** A comparison of 20 entries and 5 seeds has 3 MB. */
export const MOST_BYTES = 64e6;
export const MOST_RUNS = 1000;

const MOST_CHARACTERS = 120;
const NAME = `a name of up to ${MOST_CHARACTERS} characters`;
const NUMBERS = "a list of numbers";
const COLUMN = `${NUMBERS} and nulls`;

const name = v.custom<string>(
  (value) => typeof value === "string" && value !== "" && value.length <= MOST_CHARACTERS,
  NAME,
);
// One check for a whole list: a schema for each number would take seconds over a large file.
const numbers = v.custom<number[]>((value) => Array.isArray(value) && value.every(Number.isFinite), NUMBERS);
const column = v.custom<(number | null)[]>(
  (value) => Array.isArray(value) && value.every((item) => item === null || Number.isFinite(item)),
  COLUMN,
);

function columns<Name extends string>(metrics: Readonly<Record<Name, string>>) {
  const names = Object.keys(metrics) as Name[];
  const entries = Object.fromEntries(names.map((key) => [key, column])) as Record<Name, typeof column>;
  return v.object(entries, `an object of ${names.join(", ")}`);
}

const CurveSchema = v.object(
  {
    cell: name,
    entry: name,
    seed: whole("seed of the run"),
    steps: columns(STEP_METRICS),
    evals: columns(EVAL_METRICS),
    levels: v.array(v.object({ acc: numbers, length: numbers }, "an object of acc and length"), "a list"),
    config: object("the config of a run"),
  },
  "an object that tells of a run",
);

/**
 * The runs of a comparison, in the order of the file.
 * @param file what it is called, for errors.
 * @throws BellowsError `input-invalid` naming the line, the field, its value and what would be right.
 */
export function readCurves(text: string, file: string): RecordedCurve[] {
  const lines = text.trimEnd().split("\n", MOST_RUNS + 1);
  if (lines.length > MOST_RUNS) {
    throw invalid("input-invalid", file, `a file of more than ${MOST_RUNS} lines`, "a run a line, and fewer");
  }
  const curves = lines.map((line, index) => readCurve(line, `${file}, line ${index + 1}`));
  const cells = new Set<string>();
  for (const { cell } of curves) {
    if (cells.has(cell)) throw invalid("input-invalid", `${file}: cell`, shown(cell), "in one line alone");
    cells.add(cell);
  }
  return curves;
}

/** @param place says where the line is from, for errors. */
function readCurve(line: string, place: string): RecordedCurve {
  const result = v.safeParse(CurveSchema, parseLine(line, place), { abortEarly: true });
  if (!result.success) {
    const [{ path = [], input, message }] = result.issues;
    const field = path.map(({ key }) => String(key)).join(".");
    const right = input === undefined ? "there" : message;
    throw invalid("input-invalid", field === "" ? place : `${place}: ${field}`, shown(input), right);
  }
  const curve = { ...result.output, config: readConfig(result.output.config, place) };
  checkTogether(curve, place);
  return curve;
}

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BellowsError(
      "input-invalid",
      `${place} is not JSON; it must be an object that tells of a run`,
      {
        cause,
      },
    );
  }
}

/** Settings that a later version has added are in a config what the presets say. */
function readConfig(file: unknown, place: string) {
  try {
    return composeConfig({ file });
  } catch (cause) {
    if (!(cause instanceof BellowsError)) throw cause;
    const { message, field } = cause;
    throw new BellowsError("input-invalid", `${place}: in its config, ${message}`, {
      cause,
      ...(field === undefined ? {} : { field }),
    });
  }
}

/** What must hold between fields. */
function checkTogether({ steps, evals, levels, config }: RecordedCurve, place: string): void {
  const demand = (holds: boolean, field: string, value: unknown, right: string) => {
    if (!holds) throw invalid("input-invalid", `${place}: ${field}`, shown(value), right);
  };
  const sameLength = (group: string, lists: Readonly<Record<string, readonly unknown[]>>, length: number) => {
    for (const [key, list] of Object.entries(lists)) {
      demand(list.length === length, `${group}.${key}`, list, `a list of ${length}`);
    }
  };
  demand(steps.cap.length > 0, "steps.cap", steps.cap, "a list with an item for each step");
  sameLength("steps", steps, steps.cap.length);
  sameLength("evals", evals, evals.step.length);
  const isCap = (cap: number | null) => cap !== null && Number.isSafeInteger(cap) && cap > 0;
  demand(steps.cap.every(isCap), "steps.cap", steps.cap, "a list of whole numbers from 1");
  const isInOrder = evals.step.every((step, index) => {
    const before = index === 0 ? -1 : evals.step[index - 1]!;
    return step !== null && before !== null && Number.isSafeInteger(step) && step > before;
  });
  demand(
    isInOrder && (evals.step.at(-1) ?? 0) <= steps.cap.length,
    "evals.step",
    evals.step,
    `a list of whole numbers from 0 to ${steps.cap.length} that rise`,
  );
  const count =
    evals.step.length === 0 ? 0 : createTask(config.task.name, config.task.settings).levels.length;
  demand(levels.length === count, "levels", levels, `a list of ${count}`);
  for (const [index, level] of levels.entries()) {
    sameLength(`levels[${index}]`, { ...level }, evals.step.length);
  }
}
