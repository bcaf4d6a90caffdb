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
    const client = startTrainer(takeEvents, (error) => {
      model.rivalFailure.value = asErrorData(error);
    });
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
  async play(until: Until): Promise<void> {
    await this.#client.play(until);
  }

  async pause(): Promise<void> {
    await this.#client.pause();
  }

  async setRest(milliseconds: number): Promise<void> {
    await this.#client.setRest(milliseconds);
  }

  close(): void {
    this.#client.close();
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
