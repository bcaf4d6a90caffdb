/**
 * How a page notices that its worker is gone. A worker that is killed, e.g. because memory is short, tells nobody; but what it
 * had locked becomes free. So the worker locks its own name for life, and the page waits for that lock.
 */

/** What a worker posts once its name is locked; Comlink, which shares the channel, passes it over. */
const ALIVE = "alive";

/** What is needed of a worker's global scope. */
export interface WorkerScope {
  readonly name: string;
  postMessage(message: string): void;
}

/** A name that no other worker has. */
export function newName(): string {
  return `bellows worker ${Math.random().toString(36).slice(2)}`;
}

/**
 * The worker's end; to be called once. Browsers give locks to secure pages only, as they do WebGPU, and may refuse them:
 * then a silent death is not noticed.
 */
export function showLife(worker: WorkerScope, locks: LockManager | undefined = navigator.locks): void {
  const hold = () => {
    worker.postMessage(ALIVE);
    return new Promise(() => {}); // ends with the worker
  };
  locks?.request(worker.name, hold).catch(() => {});
}

/**
 * The page's end.
 * @param name the worker's.
 * @param gone is called when the worker is no more.
 * @returns a function that ends the watch.
 */
export function watchLife(worker: Worker, name: string, gone: () => void): () => void {
  const watch = new AbortController();
  worker.addEventListener("message", ({ data }) => {
    if (data !== ALIVE) return;
    navigator.locks.request(name, { signal: watch.signal }, gone).catch(() => {}); // rejects where the watch ends
  });
  return () => watch.abort();
}
