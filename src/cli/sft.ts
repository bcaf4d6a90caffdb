import { BellowsError } from "../errors.ts";
import { checkFree, exit, INTERRUPTED_STATUS, onInterrupt, placeOf, print } from "../host/node-program.ts";
import { saveCheckpoint } from "../io/checkpoint.ts";
import { initialParameters } from "../model/init.ts";
import { createTask } from "../tasks/registry.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll } from "../train/engine.ts";
import { type EvalRecord, logLine } from "../train/records.ts";
import { type SftRecord, SftTrainer } from "../train/sft.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { type ConfigFlags, configFromFlags } from "./flags.ts";
import { bar, formatDuration, formatNumber, formatPercent, LiveLine } from "./terminal.ts";

export interface SftFlags extends ConfigFlags {
  readonly out?: string;
  readonly json?: boolean;
  readonly variants?: string;
}

/** About how many plain lines are printed where there is no terminal. */
const PLAIN_LINES = 60;
const BAR_COLUMNS = 16;

/** `bellows sft`: teaches a fresh model the teacher's traces and saves it as a checkpoint folder. */
export async function runSft(flags: SftFlags): Promise<number> {
  const config = configFromFlags(flags, "sft.steps");
  if (flags.out === undefined) {
    throw new BellowsError("config-invalid", "sft needs --out FOLDER, where the checkpoint is to go", {
      field: "out",
    });
  }
  const out = placeOf(flags.out);
  await checkFree(out, "Choose another --out.");
  const task = createTask(config.task.name, config.task.settings);
  const modelConfig = modelConfigOf(config, task);
  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfig, flags.variants ?? "auto");
  const engine = await buildEngine(gpu, config, variants);
  engine.model.writeParameters(initialParameters(modelConfig, config.seed));
  const trainer = new SftTrainer(engine);
  await compileAll(gpu, () => {});
  const stopped = await teach(trainer, flags.json === true);
  const { tokens, pad, end } = task.vocabulary;
  await saveCheckpoint(out.storage, out.path, {
    config: modelConfig,
    vocabulary: { tokens, pad, end },
    parameters: await engine.model.readParameters(),
  });
  if (!flags.json) {
    print(`${stopped ? "stopped early; " : ""}saved ${out.shown}; train it with --set init=${out.shown}`);
  }
  gpu.close();
  return stopped ? INTERRUPTED_STATUS : 0;
}

/** Trains to the end or to an interrupt and shows every record. True where it was interrupted. */
async function teach(trainer: SftTrainer, json: boolean): Promise<boolean> {
  const { steps } = trainer.engine.config.sft;
  const line = new LiveLine(Math.max(1, Math.round(steps / PLAIN_LINES)));
  let stopped = false;
  const stopListening = onInterrupt(() => {
    if (stopped) exit(INTERRUPTED_STATUS);
    stopped = true;
  });
  const begin = performance.now();
  try {
    for await (const record of trainer.run()) {
      if (json) print(JSON.stringify(jsonLine(record)));
      else if (record.type === "sft") {
        const seconds = (performance.now() - begin) / 1000;
        line.update(progressLine(record, steps, seconds), record.step + 1 === steps);
      } else {
        const m = record.metrics;
        const length = formatNumber(m["eval/mean_length"], 1);
        line.print(`right ${formatPercent(m["eval/acc"])} of the evaluation problems, mean length ${length}`);
      }
      if (stopped) break;
    }
  } finally {
    stopListening();
    line.clear();
  }
  return stopped;
}

function jsonLine(record: SftRecord | EvalRecord): object {
  if (record.type === "eval") return logLine(record);
  const { type, step, metrics } = record;
  return { type, step, ...metrics };
}

function progressLine({ step, metrics: m }: SftRecord, steps: number, seconds: number): string {
  const done = step + 1;
  return [
    `${done}/${steps} ${bar(done / steps, BAR_COLUMNS)}`,
    `loss ${formatNumber(m.loss, 3)}`,
    `entropy ${formatNumber(m.entropy, 3)}`,
    `${formatNumber(m.tokens_per_s, 0)} tokens/s`,
    `${formatDuration((seconds / done) * (steps - done))} left`,
  ].join("  ");
}
