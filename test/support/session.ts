import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import type { Storage } from "../../src/io/storage.ts";
import type { PhaseRecord, TrainerRecord } from "../../src/train/records.ts";
import { receiveEvents } from "../../src/worker/event-stream.ts";
import type { RunRecord, TrainerEvent } from "../../src/worker/protocol.ts";
import { unwrap } from "../../src/worker/results.ts";
import { Session } from "../../src/worker/session.ts";
import { timeless } from "./training.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints", import.meta.url));

let provider: GPU | undefined;

/** What variants were measured, for all sessions of the tests. */
const measured = new Map<string, string>();

/** A session on Dawn, as a page holds it: with a storage of runs that tests look into, and every event that came. */
export class TestPage {
  readonly runs: Storage;
  readonly session: Session;
  readonly events: TrainerEvent[] = [];
  /** Devices that were opened, in order. */
  readonly devices: Gpu[] = [];
  /** How often opening a device fails before it succeeds. */
  refusals = 0;
  readonly #channel = new MessageChannel();
  readonly #watchers = new Set<() => void>();

  /** @param locked runs that a session has open; pages that share it and a storage are tabs of one browser. */
  constructor(runs: Storage = new MemoryStorage(), locked = new Set<string>()) {
    this.runs = runs;
    this.session = new Session({
      openGpu: () => this.#openGpu(),
      runs,
      keepsRuns: true,
      bundled: new NodeStorage(CHECKPOINTS),
      variants: {
        get: async (key) => measured.get(key) ?? null,
        set: async (key, value) => void measured.set(key, value),
      },
      lockRun: async (id) => {
        if (locked.has(id)) throw new BellowsError("run-locked", `the run ${id} is open in another tab`);
        locked.add(id);
        return () => void locked.delete(id);
      },
    });
  }

  static async connect(runs?: Storage, locked?: Set<string>): Promise<TestPage> {
    const page = new TestPage(runs, locked);
    receiveEvents(page.#channel.port1, (events) => {
      page.events.push(...events);
      for (const watcher of page.#watchers) watcher();
    });
    unwrap(await page.session.connect(page.#channel.port2));
    return page;
  }

  /** Resolves once there is such an event among those from index `from` on. */
  seen(test: (event: TrainerEvent) => boolean, from = 0): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.events.slice(from).some(test)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Plays and resolves when the run has come to rest as it should. */
  async play(until: "end" | "step" | "phase"): Promise<void> {
    const from = this.events.length;
    unwrap(await this.session.play(until));
    const isStart = (event: TrainerEvent) => event.type === "state" && event.state === "running";
    await this.seen(isStart, from);
    const began = this.events.findLastIndex(isStart);
    const state = until === "end" ? "finished" : "paused";
    await this.seen((event) => event.type === "state" && event.state === state, began);
  }

  /** Records that were told of, without what differs from run to run. */
  get records(): unknown[] {
    return this.events.flatMap((event) => (event.type === "record" ? [plain(event.record)] : []));
  }

  get phases(): PhaseRecord[] {
    return this.events.flatMap((event) => (event.type === "phase" ? [event.record] : []));
  }

  async close(): Promise<void> {
    await this.session.close();
    this.#channel.port1.close();
  }

  async #openGpu(): Promise<Gpu> {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new BellowsError("adapter-unavailable", "no adapter yet");
    }
    provider ??= createGpu();
    const gpu = await openGpu(provider, { waiterFor: nodeWaiter });
    this.devices.push(gpu);
    return gpu;
  }
}

/** Pages for the tests of a file; each is closed after its test. */
export function usePages(gpu: () => Gpu): typeof TestPage.connect {
  const pages: TestPage[] = [];
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    gpu().buffers.destroyAll();
  });
  return async (runs, locked) => {
    const page = await TestPage.connect(runs, locked);
    pages.push(page);
    return page;
  };
}

/** A record without times and rates, and without rollouts, which the page is not sent. */
export function plain(record: RunRecord): unknown {
  if (record.type === "marker") return record;
  return timeless((record.type === "step" ? { ...record, samples: [] } : record) as TrainerRecord);
}
