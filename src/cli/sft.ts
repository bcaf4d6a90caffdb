import { BellowsError } from "../errors.ts";
import { exit, onInterrupt, placeOf, print } from "../host/node-program.ts";
import { saveCheckpoint } from "../io/checkpoint.ts";
import { initialParameters } from "../model/init.ts";
import { createTask } from "../tasks/registry.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll } from "../train/engine.ts";
import { SftTrainer } from "../train/sft.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { type ConfigFlags, configFromFlags } from "./flags.ts";
import { bar, formatDuration, formatNumber, formatPercent, LiveLine } from "./terminal.ts";

export interface SftFlags extends ConfigFlags {
  readonly out?: string;
  readonly json?: boolean;
  readonly variants?: string;
}

/** `bellows sft`: teaches a fresh model the teacher's traces and saves it as a checkpoint folder. */
export async function runSft(flags: SftFlags): Promise<number> {
  const config = configFromFlags(flags, "sft.steps");
  if (flags.out === undefined) {
    throw new BellowsError("config-invalid", "sft needs --out FOLDER, where the checkpoint is to go", {
      field: "out",
    });
  }
  const out = placeOf(String(flags.out));
  if (await out.storage.exists(out.path)) {
    throw new BellowsError(
      "input-invalid",
      `there is something at ${out.shown} already; it is not overwritten`,
      {
        field: "out",
      },
    );
  }
  const task = createTask(config.task.name, config.task.settings);
  const modelConfig = modelConfigOf(config, task);
  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfig, flags.variants ?? "auto");
  const engine = await buildEngine(gpu, config, variants);
  engine.model.writeParameters(initialParameters(modelConfig, config.seed));

  let stopped = false;
  const stopListening = onInterrupt(() => {
    if (stopped) exit(130);
    stopped = true;
  });
  const line = new LiveLine(Math.max(1, Math.round(config.sft.steps / 60)));
  const begin = performance.now();
  const trainer = new SftTrainer(engine);
  await compileAll(gpu, () => {});
  for await (const record of trainer.run()) {
    if (flags.json) print(JSON.stringify({ type: record.type, step: record.step, ...record.metrics }));
    else if (record.type === "sft") {
      const { steps } = config.sft;
      const done = record.step + 1;
      const seconds = (performance.now() - begin) / 1000;
      const m = record.metrics;
      line.update(
        `${done}/${steps} ${bar(done / steps, 16)}  loss ${formatNumber(m.loss, 3)}  entropy ${formatNumber(m.entropy, 3)}  ` +
          `${formatNumber(m.tokens_per_s, 0)} tokens/s  ${formatDuration((seconds / done) * (steps - done))} left`,
        done === steps,
      );
    } else {
      const m = record.metrics;
      line.print(
        `right ${formatPercent(m["eval/acc"])} of the evaluation problems, mean length ${formatNumber(m["eval/mean_length"], 1)}`,
      );
    }
    if (stopped) break;
  }
  stopListening();
  const { tokens, pad, end } = task.vocabulary;
  await saveCheckpoint(out.storage, out.path, {
    config: modelConfig,
    vocabulary: { tokens, pad, end },
    parameters: await engine.model.readParameters(),
  });
  if (!flags.json)
    print(`${stopped ? "stopped early; " : ""}saved ${out.shown}; train it with --set init=${out.shown}`);
  gpu.close();
  return stopped ? 130 : 0;
}
