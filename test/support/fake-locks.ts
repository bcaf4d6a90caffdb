/** Web Locks, as far as bellows uses them: exclusive ones that are waited for in turn, until a signal says no. */
export class FakeLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async request(name: string, ...rest: readonly unknown[]): Promise<unknown> {
    const body = rest.at(-1) as () => unknown;
    const { signal } = (rest.length === 2 ? rest[0] : {}) as { signal?: AbortSignal };
    const before = this.#tails.get(name) ?? Promise.resolve();
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#tails.set(
      name,
      before.then(() => left),
    );
    try {
      await Promise.race([before, aborted(signal)]);
      return await body();
    } finally {
      leave();
    }
  }
}

/** Rejects with the reason of a signal once it is given; without one, never settles. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(signal!.reason);
    if (signal?.aborted) refuse();
    signal?.addEventListener("abort", refuse);
  });
}
