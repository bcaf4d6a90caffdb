import { checkpointPath, type RunCheckpoint, type RunFolder, stepName } from "../io/run-folder.ts";
import type { Storage } from "../io/storage.ts";
import { logLine, type RunRecord } from "../train/records.ts";

/** Milliseconds after which a run is saved, also where no checkpoint is due. */
const AUTOSAVE_EVERY = 20_000;

/**
 * What is stored of a run at work: its logs, each record once however often a lost device made its step be done anew, and
 * its checkpoints.
 */
export class RunJournal {
  readonly folder: RunFolder;
  readonly #storage: Storage;
  /** Steps whose records are logged. */
  #steps: number;
  #samples: number;
  /** Step of the last evaluation that is logged; −1: none. */
  #evaluated: number;
  /** Step of the latest checkpoint. */
  #saved: number;
  /** Step of a checkpoint that is to go once there is a later one. */
  #autosave: number | null;
  #savedAt = performance.now();

  /**
   * @param records what is logged so far.
   * @param steps that its latest checkpoint holds.
   * @param every steps between checkpoints, 0: none.
   */
  constructor(
    storage: Storage,
    folder: RunFolder,
    records: readonly RunRecord[],
    steps: number,
    every: number,
  ) {
    this.folder = folder;
    this.#storage = storage;
    this.#steps = steps;
    this.#samples = steps;
    this.#saved = steps;
    this.#autosave = this.#isRegular(every) ? null : steps;
    this.#evaluated = records.findLast(({ type }) => type === "eval")?.step ?? -1;
  }

  get steps(): number {
    return this.#steps;
  }

  get saved(): number {
    return this.#saved;
  }

  /**
   * Whether the last record is that of a step. After the evaluation that comes before a step, a run is not saved: where it
   * went on from there, it would evaluate again.
   */
  get isBetweenSteps(): boolean {
    return this.#evaluated < this.#steps;
  }

  /** Whether a record is logged already. */
  has(record: RunRecord): boolean {
    if (record.type === "marker") return false;
    return record.step < (record.type === "eval" ? this.#evaluated + 1 : this.#steps);
  }

  /** Logs a record. Where that fails it can be tried again. */
  async log(record: RunRecord): Promise<void> {
    if (record.type === "step" && this.#samples <= record.step) {
      await this.folder.append("samples", record.samples);
      this.#samples = record.step + 1;
    }
    await this.folder.append("metrics", [logLine(record)]);
    if (record.type === "step" || record.type === "sft") this.#steps = record.step + 1;
    if (record.type === "eval") this.#evaluated = record.step;
  }

  /** Whether it is time to save. @param every steps between checkpoints, 0: none. */
  isDue(every: number): boolean {
    return this.#isRegular(every) || performance.now() - this.#savedAt >= AUTOSAVE_EVERY;
  }

  /** Saves the state between two steps; an earlier checkpoint that was made only to be safe goes. */
  async save(checkpoint: RunCheckpoint, every: number): Promise<void> {
    const step = this.#steps;
    await this.folder.saveStep(step, checkpoint);
    this.#saved = step;
    this.#savedAt = performance.now();
    const earlier = this.#autosave;
    this.#autosave = this.#isRegular(every) ? null : step;
    if (earlier !== null && earlier !== step) {
      await this.#storage.remove(checkpointPath(this.folder.path, stepName(earlier)));
    }
  }

  /** Whether a checkpoint after these steps is one to keep: the first, and those that the config asks for. */
  #isRegular(every: number): boolean {
    return this.#steps === 0 || (every > 0 && this.#steps % every === 0);
  }
}
