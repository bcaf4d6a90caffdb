/**
 * `node dist/costs.js [STEPS] [RECIPE …]` (after `npx vite build --mode bench`): what one step of each recipe, or of those named, costs
 * beside one of GRPO, and how much of the difference its own data explain. Each recipe makes STEPS steps (8 by default) of `paper-toy` from its own start, after
 * two to warm up, and GRPO as many right before it, so that what else goes on in the machine hits both alike.
 *
 * Expected is what the recipe's tokens cost at GRPO's rates: a sampled token, a token that goes through forward and backward,
 * and a token whose log-prob under the reference is found, which is a forward pass: a third of the second. Medians over steps.
 */

import { checkpointSources } from "../../src/cli/checkpoints.ts";
import { openDevice } from "../../src/cli/device.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { exit, print, programArguments } from "../../src/host/node-program.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import { RECIPES, recipeOf } from "../../src/rl/recipes/index.ts";
import type { Recipe } from "../../src/rl/recipes/recipe.ts";
import { createTask } from "../../src/tasks/registry.ts";
import type { Config } from "../../src/train/config.ts";
import { buildEngine, compileAll, writeWeights } from "../../src/train/engine.ts";
import { needsReference } from "../../src/train/reference.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { startingWeights } from "../../src/train/weights.ts";

const WARM_UP = 2;
const [count = "8", ...names] = programArguments();
const steps = Number(count);

/** Of one step. */
interface Cost {
  readonly sampling: number;
  readonly updating: number;
  readonly generated: number;
  readonly trained: number;
}

const gpu = await openDevice();
const grpo = recipeOf("grpo");
const rows: string[][] = [];
for (const recipe of names.length > 0 ? names.map(recipeOf) : Object.values(RECIPES)) {
  if (recipe.trains === false) continue;
  rows.push(row(recipe, await measure(gpu, recipe), await measure(gpu, grpo)));
  print(rows.at(-1)!.join("  "));
}
const HEAD = ["recipe", "s a step", "of GRPO's", "expected", "ratio", "generated", "trained", "scored"];
print(`\n| ${HEAD.join(" | ")} |\n|${HEAD.map(() => "---|").join("")}`);
for (const cells of rows) print(`| ${cells.join(" | ")} |`);
exit(0);

function configOf(recipe: Recipe): Config {
  return composeConfig({
    preset: "paper-toy",
    recipe,
    settings: [
      `rl.steps=${WARM_UP + steps}`,
      "eval.every=0",
      "eval.problemsPerLevel=1",
      "train.samplesEvery=0",
    ],
  });
}

async function measure(gpu: Gpu, recipe: Recipe): Promise<Cost> {
  const config = configOf(recipe);
  const task = createTask(config.task.name, config.task.settings);
  const weights = await startingWeights(checkpointSources(), config, task);
  gpu.buffers.destroyAll();
  const engine = await buildEngine(gpu, config, defaultVariants(gpu));
  writeWeights(engine, weights);
  const trainer = new Trainer(engine, needsReference(config) ? { reference: weights.trained } : {});
  await compileAll(gpu, () => {});
  const costs: Cost[] = [];
  for await (const record of trainer.run()) {
    if (record.type !== "step" || record.step < WARM_UP) continue;
    const metric = (name: string) => record.metrics[name] ?? 0;
    costs.push({
      sampling: metric("time/gen"),
      updating: metric("time/update"),
      generated: metric("tokens/generated"),
      trained: metric("tokens/trained"),
    });
  }
  const median = (pick: (cost: Cost) => number) => costs.map(pick).sort((a, b) => a - b)[costs.length >> 1]!;
  return {
    sampling: median((cost) => cost.sampling),
    updating: median((cost) => cost.updating),
    generated: median((cost) => cost.generated),
    trained: median((cost) => cost.trained),
  };
}

function row(recipe: Recipe, own: Cost, base: Cost): string[] {
  const { rl, method } = configOf(recipe);
  const isScored = rl.klKind !== "none" || ["iterative-dpo", "spin"].includes(method.name);
  const scored = isScored ? own.trained : 0;
  const perSampled = base.sampling / base.generated;
  const perTrained = base.updating / base.trained;
  const expected = perSampled * own.generated + perTrained * (own.trained + scored / 3);
  const seconds = own.sampling + own.updating;
  const whole = (value: number) => value.toFixed(0);
  return [
    recipe.name,
    seconds.toFixed(2),
    (seconds / (base.sampling + base.updating)).toFixed(2),
    expected.toFixed(2),
    (seconds / expected).toFixed(2),
    whole(own.generated),
    whole(own.trained),
    whole(scored),
  ];
}
