/** How an attempt at a cell ended. */
export type Attempt =
  | { readonly end: "done" }
  /** It was asked to stop, and did. */
  | { readonly end: "stopped" }
  | { readonly end: "crashed"; readonly error: string };

/** A cell is tried again twice. */
export const ATTEMPTS = 3;

export interface PoolOptions<Item> {
  /** How many run side by side. */
  readonly jobs: number;
  /** One attempt, counted from 1; it never rejects. */
  run(item: Item, attempt: number): Promise<Attempt>;
  /** Called when an item is done, and when it crashed for the last time. */
  ended(item: Item, attempt: Attempt): Promise<void>;
  /** Whether nothing is to be started any more. */
  isStopped(): boolean;
}

/** Runs all items, in their order as far as `jobs` allow. What crashes is tried again, and then left: the others go on. */
export async function runPool<Item>(items: readonly Item[], options: PoolOptions<Item>): Promise<void> {
  const waiting = [...items];
  const work = async () => {
    while (!options.isStopped()) {
      const item = waiting.shift();
      if (item === undefined) return;
      const last = await tryRepeatedly(item, options);
      if (last.end !== "stopped") await options.ended(item, last);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
}

async function tryRepeatedly<Item>(item: Item, { run, isStopped }: PoolOptions<Item>): Promise<Attempt> {
  for (let attempt = 1; ; attempt++) {
    const result = await run(item, attempt);
    if (result.end !== "crashed" || attempt === ATTEMPTS) return result;
    if (isStopped()) return { end: "stopped" };
  }
}
