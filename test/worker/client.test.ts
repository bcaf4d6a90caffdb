import { expose } from "comlink";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { startTrainer } from "../../src/worker/client.ts";
import { EventSender } from "../../src/worker/event-stream.ts";
import type { TrainerEvent } from "../../src/worker/protocol.ts";
import { attempt, errorData, unwrap } from "../../src/worker/results.ts";

/** A worker in this thread, with a few commands that answer as a test wishes. */
class FakeWorker extends EventTarget {
  static newest: FakeWorker;
  events: EventSender | undefined;
  isTerminated = false;
  readonly #channel = new MessageChannel();

  constructor() {
    super();
    FakeWorker.newest = this;
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
    const commands = {
      connect: async (port: MessagePort) => {
        this.events = new EventSender(port);
        return { ok: true, value: { features: ["subgroups"] } };
      },
      listRuns: async () => ({ ok: true, value: [] }),
      play: () =>
        attempt(async () => {
          throw new BellowsError("input-invalid", "no run is open", { hint: "Open one.", field: "run" });
        }),
      pause: () => new Promise(() => {}),
    };
    expose(commands, this.#channel.port2 as never);
  }

  postMessage(message: unknown, transferables: Transferable[]): void {
    this.#channel.port1.postMessage(message, transferables);
  }

  terminate(): void {
    this.isTerminated = true;
    this.#channel.port1.close();
  }
}

beforeEach(() => vi.stubGlobal("Worker", FakeWorker));
afterEach(() => vi.unstubAllGlobals());

test("commands give values, throw BellowsErrors, and events come in order", async () => {
  const got: TrainerEvent[] = [];
  let arrived = () => {};
  const all = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const client = startTrainer((events) => {
    got.push(...events);
    if (got.length === 3) arrived();
  });
  expect((await client.connect()).features).toEqual(["subgroups"]);
  expect(await client.listRuns()).toEqual([]);
  const error = await client.play("end").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BellowsError);
  expect(error).toMatchObject({
    code: "input-invalid",
    message: "no run is open",
    hint: "Open one.",
    field: "run",
  });
  for (const step of [1, 2, 3]) FakeWorker.newest.events!.send({ type: "saved", step, run: "a" });
  await all;
  expect(got).toEqual([1, 2, 3].map((step) => ({ type: "saved", step, run: "a" })));
  client.close();
  expect(FakeWorker.newest.isTerminated).toBe(true);
});

test("a worker that dies fails the calls that wait for it, and the page is told", async () => {
  const deaths: BellowsError[] = [];
  const client = startTrainer(
    () => {},
    (error) => deaths.push(error),
  );
  const pending = client.pause();
  FakeWorker.newest.dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
  await expect(pending).rejects.toMatchObject({ message: "the training worker died: out of memory" });
  await expect(client.listRuns()).rejects.toThrow("died");
  expect(deaths).toHaveLength(1);
  client.close();
});

test("closing fails what is under way", async () => {
  const client = startTrainer(() => {});
  const pending = client.pause();
  client.close();
  await expect(pending).rejects.toThrow("closed");
});

test("an exception that is no BellowsError crosses as one that asks to be reported", async () => {
  const result = await attempt(async () => {
    throw new TypeError("x is undefined");
  });
  expect(result).toMatchObject({ ok: false, error: { code: "validation" } });
  expect(() => unwrap(result)).toThrow("bellows failed unexpectedly: TypeError: x is undefined");
  expect(structuredClone(errorData("text")).message).toContain("text");
  expect(errorData(new RangeError("Array buffer allocation failed")).code).toBe("out-of-memory");
});
