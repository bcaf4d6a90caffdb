import { print, programCall } from "../host/node-program.ts";
import { initialParameters } from "../model/init.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll } from "../train/engine.ts";
import { type EvalRecord, logLine, type SftRecord } from "../train/records.ts";
import { SftTrainer } from "../train/sft.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { MetricsLogger } from "./metrics-logger.ts";
import { openRun, planRun, type RunFlags, type RunView, trainInto } from "./run.ts";
import { bar, formatDuration, formatNumber, formatPercent, INTERRUPTED_TEXT, LiveLine } from "./terminal.ts";

/** About how many plain lines are printed where there is no terminal. */
const PLAIN_LINES = 60;
const BAR_COLUMNS = 16;

/** `bellows sft`: teaches a fresh model the teacher's traces, as a run that `train` can start from. */
export async function runSft(flags: RunFlags): Promise<number> {
  const plan = await planRun(flags, "sft");
  const { config, task, resumed } = plan;
  const modelConfig = modelConfigOf(config, task);
  const logger = await MetricsLogger.start(flags.log);
  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfig, flags.variants ?? "auto");
  const engine = await buildEngine(gpu, config, variants, task);
  engine.model.writeParameters(resumed?.snapshot.parameters ?? initialParameters(modelConfig, config.seed));
  const trainer = new SftTrainer(engine, resumed?.snapshot);
  await compileAll(gpu, () => {});
  const run = await openRun(plan);
  const { shown } = run.place;
  logger?.begin(run.place, config, resumed !== null);
  const view = new SftView(config.sft.steps, trainer.step, flags.json === true);
  const status = await trainInto(run, trainer, view, logger);
  if (!flags.json) {
    const stopped = status !== 0;
    print(`${stopped ? "stopped early; " : ""}saved ${shown}; train it with --set init=${shown}`);
    if (stopped) print(`go on:      ${programCall()} sft --resume ${shown}`);
  }
  gpu.close();
  await logger?.close();
  return status;
}

/** What `bellows sft` shows: a live line, or with `--json` one record a line. */
class SftView implements RunView<SftRecord | EvalRecord> {
  readonly #steps: number;
  readonly #first: number;
  readonly #json: boolean;
  readonly #line: LiveLine;
  readonly #begin = performance.now();

  /** @param first steps that were done before. */
  constructor(steps: number, first: number, json: boolean) {
    this.#steps = steps;
    this.#first = first;
    this.#json = json;
    this.#line = new LiveLine(Math.max(1, Math.round(steps / PLAIN_LINES)));
  }

  show(record: SftRecord | EvalRecord): void {
    if (this.#json) print(JSON.stringify(logLine(record)));
    else if (record.type === "sft") {
      this.#line.update(this.#progress(record), record.step + 1 === this.#steps);
    } else {
      const m = record.metrics;
      const length = formatNumber(m["eval/mean_length"], 1);
      this.#line.print(
        `right ${formatPercent(m["eval/acc"])} of the evaluation problems, mean length ${length}`,
      );
    }
  }

  interrupted(): void {
    if (!this.#json) this.#line.print(INTERRUPTED_TEXT);
  }

  clear(): void {
    this.#line.clear();
  }

  #progress({ step, metrics: m }: SftRecord): string {
    const done = step + 1;
    const perStep = (performance.now() - this.#begin) / 1000 / (done - this.#first);
    return [
      `${done}/${this.#steps} ${bar(done / this.#steps, BAR_COLUMNS)}`,
      `loss ${formatNumber(m.loss, 3)}`,
      `entropy ${formatNumber(m.entropy, 3)}`,
      `${formatNumber(m.tokens_per_s, 0)} tokens/s`,
      `${formatDuration(perStep * (this.#steps - done))} left`,
    ].join("  ");
  }
}
