import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Config } from "../../src/train/config.ts";
import type { EvalRecord, SftRecord, StepRecord } from "../../src/train/records.ts";
import type { MarkerRecord, RunKind, RunRecord } from "../../src/worker/protocol.ts";

/**
 * A run as the page draws it. Its lists only grow; whoever draws them reads `version`, which moves at most once a frame, so
 * that a fast run costs the page no more than a slow one.
 */
export class RunView {
  readonly id: string;
  readonly kind: RunKind;
  readonly title: Signal<string>;
  /** How charts name it among the others that are drawn (effects.ts). */
  readonly name: Signal<string>;
  readonly config: Signal<Config>;
  /** Whether the charts show it. */
  readonly shown = signal(true);
  /** Colour and dash of its curves: an index into the styles of web/charts/styles.ts. */
  readonly slot: number;
  readonly steps: StepRecord[] = [];
  readonly evals: EvalRecord[] = [];
  readonly markers: MarkerRecord[] = [];
  /** Of a run that teaches (kind `sft`). */
  readonly lessons: SftRecord[] = [];
  readonly #version = signal(0);
  #scheduled = false;

  constructor(id: string, kind: RunKind, title: string, config: Config, slot: number) {
    this.id = id;
    this.kind = kind;
    this.title = signal(title);
    this.name = signal(title);
    this.config = signal(config);
    this.slot = slot;
  }

  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** Adds records. Those that are there already (a worker that died is made up for by doing its steps again) are not added twice. */
  add(records: readonly RunRecord[]): void {
    for (const record of records) {
      switch (record.type) {
        case "step":
          if (record.step === (this.steps.at(-1)?.step ?? -1) + 1 || this.steps.length === 0)
            this.steps.push(record);
          break;
        case "eval":
          if (record.step > (this.evals.at(-1)?.step ?? -1)) this.evals.push(record);
          break;
        case "sft":
          if (record.step > (this.lessons.at(-1)?.step ?? -1)) this.lessons.push(record);
          break;
        case "marker":
          this.markers.push(record);
      }
    }
    this.#touch();
  }

  #touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#version.value += 1;
    });
  }
}
