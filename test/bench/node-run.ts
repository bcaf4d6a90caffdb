/** A run in Node, in this process: the trainer of the headless program, without its files and its terminal. */

import { openGpu } from "../../src/gpu/device.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { folderStorage, packageFolder } from "../../src/host/node-program.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { defaultVariants, measureVariants, pinVariants, type Variants } from "../../src/model/variants.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { type Config, modelConfigOf } from "../../src/train/config.ts";
import { buildEngine, compileAll } from "../../src/train/engine.ts";
import type { StepRecord, TrainerRecord } from "../../src/train/records.ts";
import { Trainer } from "../../src/train/trainer.ts";
import type { StepTimes } from "./page-run.ts";

export class NodeRun {
  /** Every step that was made. */
  readonly steps: StepRecord[] = [];
  readonly variants: Variants;
  readonly #records: AsyncGenerator<TrainerRecord, void, void>;
  readonly #close: () => void;

  private constructor(
    variants: Variants,
    records: AsyncGenerator<TrainerRecord, void, void>,
    close: () => void,
  ) {
    this.variants = variants;
    this.#records = records;
    this.#close = close;
  }

  /** @param variants as for the page; measured if left out. */
  static async open(config: Config, variants?: string): Promise<NodeRun> {
    const gpu = await openGpu(createGpu(), { waiterFor: nodeWaiter });
    const shape = modelConfigOf(config, createTask(config.task.name, config.task.settings));
    const chosen =
      variants === undefined
        ? await measureVariants(gpu, shape)
        : pinVariants(gpu, variants, defaultVariants(gpu));
    const engine = await buildEngine(gpu, config, chosen);
    const bundled = folderStorage(`${packageFolder()}/web/public/checkpoints`);
    engine.model.writeParameters((await loadCheckpoint(bundled, config.init)).parameters);
    const trainer = new Trainer(engine);
    await compileAll(gpu, () => {});
    return new NodeRun(chosen, trainer.run(), () => gpu.close());
  }

  /** Makes so many steps, or all that are left, and gives how long they took. */
  async advance(steps = Number.POSITIVE_INFINITY): Promise<StepTimes> {
    const found = new Map<number, number>();
    while (found.size < steps) {
      const begin = performance.now();
      const { value: record } = await this.#records.next();
      if (!record) break;
      if (record.type !== "step") continue;
      this.steps.push(record);
      found.set(record.step, (performance.now() - begin) / 1000);
    }
    return found;
  }

  close(): void {
    this.#close();
  }
}
