import { BellowsError } from "../errors.ts";
import { chainArithmetic } from "./chain-arithmetic.ts";
import { countdown } from "./countdown.ts";
import type { Setting, TaskDefinition, ToyTask } from "./task.ts";
import { TEXT } from "./text/settings.ts";

/** Every task that needs nothing but settings, by name. */
export const TASKS: ReadonlyMap<string, TaskDefinition> = new Map(
  [chainArithmetic, countdown].map((definition): [string, TaskDefinition] => [definition.name, definition]),
);

/**
 * Makes a task.
 * @param settings those that are to differ from their defaults.
 * @throws BellowsError `config-invalid` for an unknown task (field `task.name`), an unknown setting or a value
 *   out of its range (field `task.settings.X`).
 */
export function createTask(name: string, settings: Readonly<Record<string, number>> = {}): ToyTask {
  const definition = TASKS.get(name);
  if (name === TEXT) {
    throw new BellowsError(
      "config-invalid",
      `task.name is "${TEXT}", whose tokenizer and problems are files; the command line's train, sample and eval read them`,
      { field: "task.name" },
    );
  }
  if (definition === undefined) {
    throw invalid("task.name", `"${name}"`, `one of ${[...TASKS.keys()].join(", ")}, or ${TEXT}`);
  }
  return definition.create(resolveSettings(definition, settings));
}

/**
 * All settings of a task: those given, and the defaults of the others.
 * @throws BellowsError `config-invalid`, as `createTask`.
 */
export function resolveSettings<Name extends string>(
  definition: TaskDefinition<Name>,
  given: Readonly<Partial<Record<Name, number>>>,
): Record<Name, number> {
  const known = new Map<string, Setting>(Object.entries<Setting>(definition.settings));
  for (const [name, value] of Object.entries<number | undefined>(given)) {
    const setting = known.get(name);
    const field = `task.settings.${name}`;
    if (setting === undefined) {
      throw new BellowsError(
        "config-invalid",
        `${field} is not a setting of ${definition.name}; its settings are ${[...known.keys()].join(", ")}`,
        { field },
      );
    }
    if (!accepts(setting, value)) {
      const kind = setting.integer === true ? "a whole number" : "a number";
      throw invalid(field, String(value), `${kind} from ${setting.minimum} to ${setting.maximum}`);
    }
  }
  const defaults = [...known].map(([name, setting]) => [name, setting.default]);
  return { ...Object.fromEntries(defaults), ...given };
}

function accepts({ integer, minimum, maximum }: Setting, value: unknown): value is number {
  if (typeof value !== "number" || !(value >= minimum && value <= maximum)) return false;
  return integer !== true || Number.isInteger(value);
}

function invalid(field: string, value: string, right: string): BellowsError {
  return new BellowsError("config-invalid", `${field} is ${value}; it must be ${right}`, { field });
}
