import type { Acknowledgement, EventBatch, TrainerEvent } from "./protocol.ts";

/** Batches that may be on their way at once: one that the page handles, and one that waits for it. */
export const MAX_IN_FLIGHT = 2;

/** Events of which only the newest matters. */
const SUPERSEDED: readonly TrainerEvent["type"][] = ["phase", "compiling", "trial"];

/**
 * The worker's end of the stream of events. While the page is busy, events gather in one batch: records are kept, all and in
 * order; of phases and of progress (in compiling, in the trial) only the newest is. So a slow page neither slows training nor
 * is flooded by it.
 */
export class EventSender {
  readonly #port: MessagePort;
  #waiting: TrainerEvent[] = [];
  #sent = 0;
  #acknowledged = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Acknowledgement>) => {
      this.#acknowledged = data.number;
      this.#flush();
    };
  }

  send(event: TrainerEvent): void {
    if (SUPERSEDED.includes(event.type)) {
      this.#waiting = this.#waiting.filter(({ type }) => type !== event.type);
    }
    this.#waiting.push(event);
    this.#flush();
  }

  close(): void {
    this.#port.close();
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#sent - this.#acknowledged >= MAX_IN_FLIGHT) return;
    this.#sent += 1;
    const batch: EventBatch = { number: this.#sent, events: this.#waiting };
    this.#waiting = [];
    this.#port.postMessage(batch);
  }
}

/** The page's end: hands over batch after batch and acknowledges each once it was handled, also where that failed. */
export function receiveEvents(port: MessagePort, handle: (events: readonly TrainerEvent[]) => void): void {
  port.onmessage = ({ data }: MessageEvent<EventBatch>) => {
    try {
      handle(data.events);
    } finally {
      const acknowledgement: Acknowledgement = { number: data.number };
      port.postMessage(acknowledgement);
    }
  };
}
