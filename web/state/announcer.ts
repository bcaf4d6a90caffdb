import type { RunRecord } from "../../src/worker/protocol.ts";
import { t } from "../text/index.ts";
import { formatPercent, formatTokens } from "./format.ts";
import { announcement } from "./model.ts";

/** Milliseconds between two announcements of progress: a screen reader is to be left time to breathe. */
const PAUSE = 15_000;

/**
 * Reads a run's milestones out through the page's live region: evaluations and ends of cycles as they come, single steps
 * now and then.
 */
export class Announcer {
  readonly #now: () => number;
  #last = 0;
  #cycle = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  say(text: string): void {
    announcement.value = text;
    this.#last = this.#now();
  }

  take(record: RunRecord): void {
    const { milestones } = t();
    if (record.type === "eval") {
      const { "eval/acc": accuracy, "eval/mean_length": length } = record.metrics;
      this.say(milestones.evaluated(record.step, formatPercent(accuracy), formatTokens(length)));
    } else if (record.type === "step") {
      const isNewCycle = record.cycle === this.#cycle + 1;
      this.#cycle = record.cycle;
      if (isNewCycle) this.say(milestones.cycle(record.cycle));
      else if (this.#now() - this.#last >= PAUSE) {
        const { acc, "completions/mean_length": length } = record.metrics;
        this.say(milestones.progress(record.step + 1, formatPercent(acc), formatTokens(length)));
      }
    }
  }
}
