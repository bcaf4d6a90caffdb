import { print } from "../host/node-program.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll, writeWeights } from "../train/engine.ts";
import { evalProblems, evaluate } from "../train/evaluate.ts";
import { logLine } from "../train/records.ts";
import { NO_PROGRESS, type Progress } from "../train/snapshot.ts";
import { loadNamed } from "./checkpoints.ts";
import { chooseVariants, openDevice } from "./device.ts";
import type { ConfigFlags } from "./flags.ts";
import { prepareFor } from "./prepare.ts";
import { formatNumber, formatPercent, table } from "./terminal.ts";

export interface EvalFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly variants?: string;
}

/** `bellows eval [checkpoint]`: accuracy and length per difficulty at L_max. */
export async function runEval(checkpoint: string | undefined, flags: EvalFlags): Promise<number> {
  const { config, task } = await prepareFor(checkpoint, flags);
  const name = checkpoint ?? config.init;
  const { weights, trainer } = await loadNamed(config, task, name);
  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfigOf(config, task), flags.variants ?? "auto");
  const engine = await buildEngine(gpu, config, variants, task);
  writeWeights(engine, weights);
  await compileAll(gpu, () => {});
  // Sampling is seeded by the step: a checkpoint of a run gives what the run logged there.
  const { step } = (trainer?.state ?? NO_PROGRESS) as unknown as Progress;
  const record = await evaluate(engine, evalProblems(task, config), step);
  gpu.close();
  if (flags.json) {
    print(JSON.stringify(logLine(record)));
    return 0;
  }
  const { problemsPerLevel, samples, temperature, forceAnswerAt, ignoreEnds } = config.eval;
  print(
    `${name}: ${problemsPerLevel} problems a level, ${samples} responses each, T = ${temperature}, ` +
      `at most ${config.schedule.lmax} tokens` +
      (forceAnswerAt > 0 ? `, an answer forced after ${forceAnswerAt}` : "") +
      (ignoreEnds > 0 ? `, the end of thinking ignored ${ignoreEnds} times` : ""),
  );
  const m = record.metrics;
  print(
    table([
      ["level", "stands for", "right", "±", "length", "cut"],
      ...record.levels.map((level) => [
        level.name,
        level.standsFor,
        level.accuracy.toFixed(3),
        formatNumber(level.standardError, 3),
        level.meanLength.toFixed(1),
        formatPercent(level.truncated),
      ]),
      [
        "all",
        "",
        formatNumber(m["eval/acc"], 3),
        formatNumber(m["eval/acc_se"], 3),
        formatNumber(m["eval/mean_length"], 1),
        formatPercent(m["eval/clipped_ratio"]),
      ],
    ]),
  );
  print(
    `pass@${samples} ${formatNumber(m[`eval/pass@${samples}`], 3)}; per response ${formatNumber(m["eval/words/wait"], 2)} wait, ` +
      `${formatNumber(m["eval/words/alt"], 2)} alt, ${formatNumber(m["eval/words/so"], 2)} so`,
  );
  return 0;
}
