/** Presets phrased as questions: each is the default preset with a few changes. The words are in web/text. */
import { PRESETS } from "../../src/train/presets.ts";
import { type Edit, withEdits } from "../state/edit-config.ts";

export type QuestionName = "drop" | "constant" | "tight" | "penalty" | "fast" | "falling" | "mask" | "pairs";

export interface Question {
  readonly name: QuestionName;
  readonly edits: readonly Edit[];
}

export const QUESTIONS: readonly Question[] = [
  { name: "constant", edits: [{ path: "schedule.kind", value: "constant" }] },
  { name: "drop", edits: [{ path: "schedule.kind", value: "stair" }] },
  // Three operations take 22 tokens, five take 34: half of the difficulties cannot be done within this.
  { name: "tight", edits: [{ path: "schedule.lmin", value: 24 }] },
  { name: "fast", edits: [{ path: "schedule.cycle", value: 40 }] },
  {
    name: "falling",
    edits: [
      { path: "schedule.kind", value: "staircase" },
      { path: "schedule.cycle", value: 100 },
    ],
  },
  {
    name: "penalty",
    edits: [
      { path: "rl.klKind", value: "k3" },
      { path: "rl.klCoefficient", value: 0.1 },
    ],
  },
  { name: "mask", edits: [{ path: "rl.overlong", value: "mask" }] },
  // As many responses a step as before.
  {
    name: "pairs",
    edits: [
      { path: "rl.groupSize", value: 2 },
      { path: "rl.promptsPerStep", value: 64 },
    ],
  },
];

/** The settings of a question. */
export function configOf({ edits }: Question) {
  return withEdits(PRESETS.default, edits);
}
