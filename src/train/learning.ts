import { Learner } from "../model/learner.ts";
import type { Optimizer } from "../model/optimizer.ts";
import type { Objective } from "../model/training-pass.ts";
import type { Random } from "../random.ts";
import { updateImitation } from "../rl/imitation-update.ts";
import { phaseAt } from "../rl/length-schedule.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import { updateSequences } from "../rl/sequence-update.ts";
import { type PolicyUpdate, splitIntoMiniBatches, updatePolicy } from "../rl/update.ts";
import type { Config } from "./config.ts";
import { assertFinite, type Engine } from "./engine.ts";
import type { ReferencePolicy } from "./reference.ts";
import { asTraining, type ScoredGroup } from "./score.ts";
import { adamwSettings, learningRateOf } from "./update-settings.ts";

/** What a method makes of the groups of a step: its loss, its optimizer, its updates. */
export class Learning {
  readonly learner: Learner;
  /** With the same optimizer, but an objective that does not explore; undefined where every phase explores. */
  readonly #calm: Learner | undefined;
  readonly #engine: Engine;
  readonly #reference: ReferencePolicy | undefined;

  constructor(engine: Engine, reference: ReferencePolicy | undefined) {
    const { model, config } = engine;
    this.#engine = engine;
    this.#reference = reference;
    this.learner = new Learner(model, model.trainingPass(objectiveOf(config)), model.optimizer());
    if (config.rl.exploreIn === "expansion") {
      const objective = objectiveOf({ ...config, rl: withoutExploration(config.rl) });
      this.#calm = new Learner(model, model.trainingPass(objective), this.optimizer);
    }
  }

  /** Whether everything that is learnt from was sampled by the policy itself, freely. */
  get isOnPolicy(): boolean {
    const { sampler, openings } = this.#engine.method;
    return sampler === "policy" && openings === undefined;
  }

  get optimizer(): Optimizer {
    return this.learner.optimizer;
  }

  /** Makes the updates of a step, one for each mini-batch. */
  async update(groups: readonly ScoredGroup[], step: number, random: Random): Promise<PolicyUpdate[]> {
    const updates: PolicyUpdate[] = [];
    for (const make of this.#miniBatches(groups, step, random)) {
      const update = await make();
      if (!update.skipped) assertFinite(update.statistics.loss, "the loss", step);
      updates.push(update);
    }
    return updates;
  }

  #miniBatches(
    groups: readonly ScoredGroup[],
    step: number,
    random: Random,
  ): (() => Promise<PolicyUpdate>)[] {
    const { config, method } = this.#engine;
    const { schedule, train } = config;
    const isCalm = this.#calm !== undefined && phaseAt(schedule, step).phase !== "expand";
    const learner = isCalm ? this.#calm : this.learner;
    const rl = isCalm ? withoutExploration(config.rl) : config.rl;
    const settings = {
      adamw: adamwSettings(rl),
      learningRate: learningRateOf(config, step),
      microBatchTokens: train.microBatchTokens,
    };
    const scorer = this.#reference?.scorer;
    const trajectories = () =>
      splitIntoMiniBatches(
        groups.map((group) => group.samples.map(asTraining)),
        rl.miniBatches,
      );
    const rated = groups.map((group) => group.rated);
    switch (method.objective) {
      case "token-ratio":
        return trajectories().map((batch) => () => {
          const keepsZeroAdvantages = rl.entropyCoefficient !== 0 || rl.klCoefficient !== 0;
          const aggregation = { aggregation: rl.lossAggregation, lmax: schedule.lmax, keepsZeroAdvantages };
          return updatePolicy(learner, batch, { ...settings, ...aggregation }, scorer);
        });
      case "sequence-ratio":
        return trajectories().map((batch) => () => updateSequences(learner, batch, settings));
      case "simpo":
      case "dpo": {
        const pairs = method.pairs(rated, config.method, random);
        const batches = splitIntoMiniBatches(
          pairs.map((pair) => [pair]),
          rl.miniBatches,
        );
        const from = method.objective === "dpo" ? scorer : undefined;
        return batches.map((batch) => async () => {
          const { updatePreference } = await import("../rl/preference-update.ts"); // fetched with the first pairs
          return updatePreference(learner, batch, settings, from);
        });
      }
      case "imitation": {
        const traces = method.traces(rated, config.method, random);
        const batches = splitIntoMiniBatches(
          traces.map((trace) => [trace]),
          rl.miniBatches,
        );
        return batches.map((batch) => () => updateImitation(learner, batch, settings));
      }
    }
  }
}

/** Without an entropy bonus, and with an upper clip that is no wider than the lower. */
function withoutExploration(rl: Config["rl"]): Config["rl"] {
  return { ...rl, entropyCoefficient: 0, clipHigh: Math.min(rl.clipHigh, rl.clipLow) };
}

/** The loss of a method under a config. */
export function objectiveOf({ rl, method: numbers }: Config): Objective {
  const { clipLow, clipHigh, dualClip, entropyCoefficient, klCoefficient, klKind, temperature } = rl;
  const { objective } = traitsOf(numbers.name);
  switch (objective) {
    case "token-ratio":
      return {
        kind: "grpo",
        temperature,
        settings: { clipLow, clipHigh, dualClip, entropyCoefficient, klCoefficient, klKind },
      };
    case "sequence-ratio":
      return { kind: "sequence-ratio", temperature, settings: { clipLow, clipHigh } };
    case "simpo":
    case "dpo": {
      const { preferenceBeta: beta, preferenceMargin: margin, nllCoefficient } = numbers;
      return { kind: "preference", temperature, settings: { loss: objective, beta, margin, nllCoefficient } };
    }
    case "imitation":
      return { kind: "crossentropy" };
  }
}
