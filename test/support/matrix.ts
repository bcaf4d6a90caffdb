import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A matrix of two recipes and two seeds; about eight steps of a second in all. */
export const SMOKE = {
  name: "smoke",
  preset: "smoke",
  set: {
    rl: { promptsPerStep: 4, groupSize: 4 },
    schedule: { cycle: 4 },
    eval: { every: 4, problemsPerLevel: 2 },
    train: { samplesEvery: 0, checkpointEvery: 2 },
  },
  budget: { tokens: 5000 },
  benchmark: { problemsPerLevel: 2, samples: 1, seed: 4242 },
  entries: [{ recipe: ["siri-cosine", "rejection-sft"], seeds: [0, 1] }],
};

/** Writes a matrix file into a folder, and gives its name. */
export function writeMatrix(folder: string, name: string, changes: object = {}): string {
  writeFileSync(join(folder, name), JSON.stringify({ ...SMOKE, ...changes }));
  return name;
}
