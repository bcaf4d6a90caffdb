import type { Config } from "../../src/train/config.ts";
import { startTrainer, type TrainerClient } from "../../src/worker/client.ts";
import type { OpenedRun, TrainerEvent, Until } from "../../src/worker/protocol.ts";
import * as model from "./model.ts";
import type { Player } from "./playback.ts";
import { asErrorData } from "./session.ts";

/** The second run of a comparison: trained in a worker of its own, drawn beside the current one. */
export class Rival implements Player {
  readonly opened: OpenedRun;
  readonly #client: TrainerClient;

  /** Starts a worker, gives it a device and makes the run. */
  static async start(config: Config, rest: number): Promise<Rival> {
    const client = startTrainer(takeEvents);
    try {
      await client.connect();
      await client.setRest(rest);
      return new Rival(client, await client.create(config, "rl"));
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(client: TrainerClient, opened: OpenedRun) {
    this.#client = client;
    this.opened = opened;
  }

  /** A run that has come to its end stays there. */
  play(until: Until): Promise<void> {
    return tell(this.#client.play(until));
  }

  pause(): Promise<void> {
    return tell(this.#client.pause());
  }

  setRest(milliseconds: number): Promise<void> {
    return tell(this.#client.setRest(milliseconds));
  }

  close(): void {
    this.#client.close();
  }
}

/** Waits for a command; its error is told beside those of the current run, unless its worker died, which is mended. */
async function tell(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    const data = asErrorData(error);
    if (data.code !== "worker-died") model.rivalFailure.value = data;
  }
}

/** Its records are drawn; the controls show how the current run does. */
function takeEvents(events: readonly TrainerEvent[]): void {
  for (const event of events) {
    if (event.type === "failed") model.rivalFailure.value = event.error;
    if (event.type !== "record") continue;
    model.runs.value.find(({ id }) => id === event.run)?.add([event.record]);
  }
}
