/** What may help a run that does not learn; each is a choice of changes to its config. */
import { createTask } from "../../src/tasks/registry.ts";
import type { Config } from "../../src/train/config.ts";
import type { Edit } from "./edit-config.ts";

/** More chances to be right: the taught model, only the easiest problems, more room. */
export function easier(config: Config): Edit[] {
  return [
    ...(config.init === "random" ? [{ path: "init", value: "pre-rl" }] : []),
    onlyLevel(config, "first"),
    ...longer(config),
  ];
}

/** Fewer: only the hardest problems, less room. */
export function harder(config: Config): Edit[] {
  const { schedule } = config;
  return [
    onlyLevel(config, "last"),
    ...(schedule.kind === "constant"
      ? []
      : [{ path: "schedule.lmin", value: Math.round(0.75 * schedule.lmin) }]),
  ];
}

function onlyLevel({ task: { name, settings } }: Config, which: "first" | "last"): Edit {
  const { levels } = createTask(name, settings);
  const chosen = which === "first" ? 0 : levels.length - 1;
  return { path: "task.levelWeights", value: levels.map((_, level) => Number(level === chosen)) };
}

export function longer({ schedule: { kind, lmin, lmax } }: Config): Edit[] {
  return [
    ...(kind === "constant" ? [] : [{ path: "schedule.lmin", value: Math.round((lmin + lmax) / 2) }]),
    { path: "schedule.lmax", value: Math.round(1.5 * lmax) },
  ];
}

/** More groups that mix right and wrong. */
export function livelier({ rl }: Config): Edit[] {
  return [
    { path: "rl.groupSize", value: 2 * rl.groupSize },
    { path: "rl.groupFilter", value: "mixed" },
  ];
}

/** Smaller steps. */
export function slower({ rl }: Config): Edit[] {
  return [{ path: "rl.learningRate", value: rl.learningRate / 2 }];
}
