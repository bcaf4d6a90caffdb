import { expose } from "comlink";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { showLife } from "../../src/host/worker-life.ts";
import { startTrainer, type TrainerClient } from "../../src/worker/client.ts";
import { EventSender } from "../../src/worker/event-stream.ts";
import type { Result, RunState, TrainerEvent } from "../../src/worker/protocol.ts";
import { attempt, errorData, unwrap } from "../../src/worker/results.ts";
import { FakeLocks } from "../support/fake-locks.ts";

const locks = new FakeLocks();
/** Every worker that was started, in order. */
let workers: FakeWorker[] = [];
/** What the next command of a name throws. */
let failing: { readonly name: string; readonly error: BellowsError } | null = null;
/** The next command of this name kills its worker. */
let fatal: string | null = null;
let keepsRuns = true;

/** A worker in this thread, with a few commands; it tells of the run that is open, as a session does. */
class FakeWorker extends EventTarget {
  readonly calls: string[] = [];
  isTerminated = false;
  /** Ends it as a system does that is short of memory: nobody is told, and what it had locked becomes free. */
  kill: () => void = () => {};
  #events: EventSender | undefined;
  readonly #channel = new MessageChannel();

  constructor(_: URL, { name }: { name: string }) {
    super();
    workers.push(this);
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
    const { port2 } = this.#channel;
    const killed = new Promise<void>((resolve) => {
      this.kill = () => {
        port2.close();
        resolve();
      };
    });
    const untilKilled = (lock: string, hold: () => unknown) =>
      locks.request(lock, () => {
        hold();
        return killed;
      });
    const scope = { name, postMessage: (message: string) => port2.postMessage(message) };
    showLife(scope, { request: untilKilled } as unknown as LockManager);
    expose(this.#commands(), port2 as never);
  }

  postMessage(message: unknown, transferables: Transferable[]): void {
    this.#channel.port1.postMessage(message, transferables);
  }

  terminate(): void {
    this.isTerminated = true;
    this.kill();
  }

  send(...events: readonly TrainerEvent[]): void {
    for (const event of events) this.#events!.send(event);
  }

  tell(state: RunState, run: string | null): void {
    this.send({ type: "state", state, step: 0, run });
  }

  #commands() {
    const answer = (call: string, value: unknown = null, tell = () => {}): Promise<Result<unknown>> =>
      attempt(async () => {
        this.calls.push(call);
        if (call === fatal) {
          fatal = null;
          this.kill();
        }
        const { error } = failing?.name === call ? failing : { error: null };
        if (error !== null) {
          failing = null;
          throw error;
        }
        tell();
        return value;
      });
    return {
      connect: (port: MessagePort) => {
        this.#events = new EventSender(port);
        return answer("connect", { features: ["subgroups"], keepsRuns });
      },
      setRest: (rest: number) => answer(`rest ${rest}`),
      open: (id: string) => answer(`open ${id}`, null, () => this.tell("paused", id)),
      play: (until: string) => answer(`play ${until}`, null, () => this.tell("running", "a")),
      pause: () => new Promise(() => {}),
      listRuns: () => answer("listRuns", []),
    };
  }
}

beforeEach(() => {
  workers = [];
  failing = null;
  fatal = null;
  keepsRuns = true;
  vi.stubGlobal("Worker", FakeWorker);
  vi.stubGlobal("navigator", { locks });
});
afterEach(() => vi.unstubAllGlobals());

/** A client that is connected, the events that came, and its first worker. */
async function connected(): Promise<{ client: TrainerClient; events: TrainerEvent[]; worker: FakeWorker }> {
  const events: TrainerEvent[] = [];
  const client = startTrainer((some) => events.push(...some));
  await client.connect();
  return { client, events, worker: workers[0]! };
}

/** What the page was told of workers and failures, and how the run stood last. */
function told(events: readonly TrainerEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === "worker") return [event.status];
    return event.type === "failed" ? [`failed: ${event.error.code}`] : [];
  });
}

const settled = (events: readonly TrainerEvent[], count: number) =>
  vi.waitFor(() => expect(told(events)).toHaveLength(count));

describe("a worker that lives", () => {
  test("gives values, BellowsErrors, and its events in order", async () => {
    const { client, events, worker } = await connected();
    expect(await client.listRuns()).toEqual([]);
    failing = {
      name: "play end",
      error: new BellowsError("input-invalid", "no run is open", { hint: "Open one.", field: "run" }),
    };
    const error = await client.play("end").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BellowsError);
    expect(error).toMatchObject({ code: "input-invalid", message: "no run is open", field: "run" });
    const sent = [1, 2, 3].map((step) => ({ type: "saved", step, run: "a" }) as const);
    worker.send(...sent);
    await vi.waitFor(() => expect(events).toEqual(sent));
    client.close();
    expect(worker.isTerminated).toBe(true);
  });

  test("fails what is under way when it is closed, and no other takes its place", async () => {
    const { client, events } = await connected();
    const pending = client.pause();
    client.close();
    await expect(pending).rejects.toThrow("closed");
    await expect(client.listRuns()).rejects.toThrow("closed");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(workers).toHaveLength(1);
    expect(told(events)).toEqual([]);
  });
});

describe("a worker that dies", () => {
  test("without a word is noticed, and another plays on from where the run was saved", async () => {
    const { client, events, worker } = await connected();
    await client.setRest(100);
    await client.open("a");
    await client.play("step");
    const pending = client.pause();
    await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ state: "running" })));
    worker.kill();
    await expect(pending).rejects.toMatchObject({ code: "worker-died" });
    expect(told(events)).toEqual(["died"]);
    expect(await client.listRuns()).toEqual([]); // waits for the new worker
    expect(told(events)).toEqual(["died", "restarted"]);
    expect(workers[1]!.calls).toEqual(["connect", "rest 100", "open a", "play step", "listRuns"]);
    client.close();
  });

  test.each([
    ["an error that nobody caught", Object.assign(new Event("error"), { message: "x is undefined" })],
    ["a message that cannot be read", new Event("messageerror")],
  ])("of %s gives back what it had locked", async (_, event) => {
    const { client, events, worker } = await connected();
    worker.dispatchEvent(event);
    expect(worker.isTerminated).toBe(true);
    await settled(events, 2);
    expect(workers[1]!.calls).toEqual(["connect", "rest 0"]);
    client.close();
  });

  test("while the run is paused leaves it paused", async () => {
    const { client, events, worker } = await connected();
    await client.open("a");
    await vi.waitFor(() => expect(events).toHaveLength(1));
    worker.kill();
    await settled(events, 2);
    expect(workers[1]!.calls).toEqual(["connect", "rest 0", "open a"]);
    client.close();
  });

  test("again and again without a step saved in between is given up, and is not after one was", async () => {
    const { client, events } = await connected();
    for (let death = 1; death <= 3; death++) {
      workers.at(-1)!.kill();
      await settled(events, 2 * death);
    }
    workers.at(-1)!.send({ type: "saved", step: 8, run: "a" });
    await vi.waitFor(() => expect(events.at(-1)?.type).toBe("saved"));
    for (let death = 4; death <= 6; death++) {
      workers.at(-1)!.kill();
      await settled(events, 2 * death);
    }
    workers.at(-1)!.kill();
    await settled(events, 13);
    expect(told(events).at(-1)).toBe("failed: worker-died");
    await expect(client.listRuns()).rejects.toMatchObject({ code: "worker-died" });
    expect(workers).toHaveLength(7);
    client.close();
  });

  test("while another is being started is replaced as well, and the run still plays on", async () => {
    const { client, events, worker } = await connected();
    await client.open("a");
    await client.play("end");
    await vi.waitFor(() => expect(events).toHaveLength(2));
    fatal = "open a";
    worker.kill();
    await settled(events, 3);
    expect(told(events)).toEqual(["died", "died", "restarted"]);
    expect(workers[2]!.calls).toEqual(["connect", "rest 0", "open a", "play end"]);
    client.close();
  });

  test("before it has a device is not replaced: there is nothing to go on with", async () => {
    const events: TrainerEvent[] = [];
    const client = startTrainer((some) => events.push(...some));
    const pending = client.connect();
    workers[0]!.dispatchEvent(new Event("error"));
    await expect(pending).rejects.toMatchObject({ code: "network-failed" });
    await expect(client.listRuns()).rejects.toMatchObject({ code: "network-failed" });
    expect(told(events)).toEqual([]);
    expect(workers).toHaveLength(1);
    client.close();
  });
});

describe("a worker that takes the place of a dead one", () => {
  async function withRun() {
    const page = await connected();
    await page.client.open("a");
    await vi.waitFor(() => expect(page.events).toHaveLength(1));
    return page;
  }

  test("and gets no device is told of, and calls fail", async () => {
    const { client, events, worker } = await withRun();
    failing = { name: "connect", error: new BellowsError("adapter-unavailable", "no adapter") };
    worker.kill();
    await settled(events, 2);
    expect(told(events)).toEqual(["died", "failed: adapter-unavailable"]);
    await expect(client.listRuns()).rejects.toMatchObject({ code: "adapter-unavailable" });
    client.close();
  });

  test("and cannot open the run is of use all the same", async () => {
    const { client, events, worker } = await withRun();
    failing = { name: "open a", error: new BellowsError("checkpoint-invalid", "half of it is missing") };
    worker.kill();
    await settled(events, 2);
    expect(told(events)).toEqual(["died", "failed: checkpoint-invalid"]);
    expect(await client.listRuns()).toEqual([]);
    client.close();
  });

  test("knows nothing of a run that was in memory only, and that is told", async () => {
    keepsRuns = false;
    const { client, events, worker } = await withRun();
    worker.kill();
    await settled(events, 2);
    expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "worker-died" } });
    expect(workers[1]!.calls).toEqual(["connect", "rest 0"]);
    client.close();
  });
});

test("an exception that is no BellowsError crosses as one that says it is a defect", async () => {
  const result = await attempt(async () => {
    throw new TypeError("x is undefined");
  });
  expect(result).toMatchObject({ ok: false, error: { code: "defect" } });
  expect(() => unwrap(result)).toThrow("bellows failed unexpectedly: TypeError: x is undefined");
  expect(structuredClone(errorData("text")).message).toContain("text");
  expect(errorData(new RangeError("Array buffer allocation failed")).code).toBe("out-of-memory");
});
