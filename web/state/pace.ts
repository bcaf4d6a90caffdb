/** Steps that the first seconds' work is left out of: kernels are still compiling and caches cold. */
const WARM_UP = 2;
/** Milliseconds over which the pace is measured. */
const WINDOW = 10_000;

/** Measures how many steps a second a run makes, from the times at which they were done. */
export class Pacemeter {
  #skipped = 0;
  readonly #times: number[] = [];

  /** To be called when training stops or begins: a pause is no slowness. */
  reset(): void {
    this.#skipped = 0;
    this.#times.length = 0;
  }

  /**
   * @param now milliseconds at which a step was done.
   * @returns steps a second; null before that is known.
   */
  step(now: number): number | null {
    if (this.#skipped < WARM_UP) {
      this.#skipped += 1;
      return null;
    }
    this.#times.push(now);
    while (this.#times.length > 2 && this.#times[0]! < now - WINDOW) this.#times.shift();
    const first = this.#times[0]!;
    return now > first ? (1000 * (this.#times.length - 1)) / (now - first) : null;
  }
}
