/** An experiment of docs/workshop.md: the default preset, but for these settings. */
export interface Experiment {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** One breath of the budget, which is what a lesson has time for. */
const ONE_CYCLE = { "rl.steps": 160 };

export const EXPERIMENTS: readonly Experiment[] = [
  { name: "siri", settings: ONE_CYCLE },
  { name: "fixed", settings: { ...ONE_CYCLE, "schedule.kind": "constant" } },
  { name: "tight", settings: { ...ONE_CYCLE, "schedule.lmin": 16 } },
  { name: "cold", settings: { ...ONE_CYCLE, "rl.temperature": 0.3 } },
  { name: "mask", settings: { ...ONE_CYCLE, "rl.overlong": "mask" } },
];
