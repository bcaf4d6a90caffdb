import fc from "fast-check";
import { expect, test } from "vitest";
import { EventSender, MAX_IN_FLIGHT, receiveEvents } from "../../src/worker/event-stream.ts";
import type { EventBatch, TrainerEvent } from "../../src/worker/protocol.ts";

/** Two ports whose messages are delivered by hand, one at a time, as slowly as a test likes. */
class Wire {
  readonly worker = this.#port((message) => this.toPage.push(message));
  readonly page = this.#port((message) => this.toWorker.push(message));
  readonly toPage: EventBatch[] = [];
  readonly toWorker: unknown[] = [];

  #port(post: (message: never) => void): MessagePort {
    return { onmessage: null, postMessage: post, close() {} } as unknown as MessagePort;
  }

  deliverToPage(): void {
    if (this.toPage.length > 0) this.#deliver(this.page, this.toPage.shift());
  }

  deliverToWorker(): void {
    if (this.toWorker.length > 0) this.#deliver(this.worker, this.toWorker.shift());
  }

  deliverAll(): void {
    while (this.toPage.length + this.toWorker.length > 0) {
      this.deliverToPage();
      this.deliverToWorker();
    }
  }

  #deliver(port: MessagePort, data: unknown): void {
    port.onmessage?.({ data } as MessageEvent);
  }
}

function recordEvent(step: number): TrainerEvent {
  const record = { type: "warning", step, code: "test", message: "" } as const;
  return { type: "record", record, run: "a" };
}

function phaseEvent(step: number): TrainerEvent {
  return {
    type: "phase",
    record: { type: "phase", step, cap: 1, done: "score", samples: [] },
    run: "a",
  };
}

const kinds = fc.constantFrom("record", "phase", "compiling", "to page", "to worker");

function eventOf(kind: "record" | "phase" | "compiling", number: number): TrainerEvent {
  if (kind === "record") return recordEvent(number);
  if (kind === "phase") return phaseEvent(number);
  return { type: "compiling", done: number, total: 1000, label: "" };
}

/** Where an event was in the order of sending. */
function numberOf(event: TrainerEvent): number {
  if (event.type === "record" || event.type === "phase") return event.record.step;
  return event.type === "compiling" ? event.done : -1;
}

test("whatever the page's pace, no record is lost, order is kept, the newest phase arrives, few are on their way", () => {
  fc.assert(
    fc.property(fc.array(kinds, { maxLength: 200 }), (actions) => {
      const wire = new Wire();
      const sender = new EventSender(wire.worker);
      const sent: TrainerEvent[] = [];
      const got: TrainerEvent[] = [];
      receiveEvents(wire.page, (events) => got.push(...events));
      for (const action of actions) {
        if (action === "to page") wire.deliverToPage();
        else if (action === "to worker") wire.deliverToWorker();
        else {
          const event = eventOf(action, sent.length);
          sent.push(event);
          sender.send(event);
        }
        expect(wire.toPage.length + wire.toWorker.length).toBeLessThanOrEqual(MAX_IN_FLIGHT);
      }
      wire.deliverAll();
      const records = (events: readonly TrainerEvent[]) => events.filter(({ type }) => type === "record");
      expect(records(got)).toEqual(records(sent));
      for (const type of ["phase", "compiling"]) {
        const last = (events: readonly TrainerEvent[]) => events.findLast((event) => event.type === type);
        expect(last(got)).toEqual(last(sent));
      }
      const numbers = got.map(numberOf);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});

test("a page that does not answer gets two batches; what comes meanwhile is one batch with one phase", () => {
  const wire = new Wire();
  const sender = new EventSender(wire.worker);
  receiveEvents(wire.page, () => {});
  for (let step = 0; step < 100; step++) {
    sender.send(phaseEvent(step));
    sender.send(recordEvent(step));
  }
  expect(wire.toPage).toHaveLength(MAX_IN_FLIGHT);
  wire.deliverToPage();
  wire.deliverToWorker();
  const waited = wire.toPage.at(-1)!.events;
  expect(waited.filter(({ type }) => type === "phase")).toEqual([phaseEvent(99)]);
  expect(waited.filter(({ type }) => type === "record")).toHaveLength(99);
});

test("a handler that throws does not stop the stream", () => {
  const wire = new Wire();
  const sender = new EventSender(wire.worker);
  receiveEvents(wire.page, () => {
    throw new Error("cannot draw this");
  });
  sender.send(recordEvent(0));
  expect(() => wire.deliverToPage()).toThrow("cannot draw this");
  expect(wire.toWorker).toEqual([{ number: 1 }]);
});

test("runs over a real channel", async () => {
  const { port1, port2 } = new MessageChannel();
  const sender = new EventSender(port1);
  const steps: number[] = [];
  const all = new Promise<void>((resolve) => {
    receiveEvents(port2, (events) => {
      steps.push(...events.map(numberOf));
      if (steps.length === 50) resolve();
    });
  });
  for (let step = 0; step < 50; step++) sender.send(recordEvent(step));
  await all;
  sender.close();
  expect(steps).toEqual(Array.from({ length: 50 }, (_, step) => step));
});
