import type { Gpu } from "../gpu/device.ts";
import type { ModelConfig } from "../model/config.ts";
import { measureVariants, type VariantCache, type Variants } from "../model/variants.ts";
import type { TrainerEvent } from "./protocol.ts";
import type { SessionHost } from "./session-host.ts";

/**
 * Milliseconds before each attempt to get another device. A browser that restarts its GPU process offers no adapter for some
 * seconds, and a driver that was reset for up to a minute.
 */
const PATIENCE = [0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** How long an error may come before the news that the device is lost, in milliseconds. */
const NEWS_DELAY = 200;

/** Devices that may be lost in one go, before it is not worth asking for another. */
const MAX_LOSSES = 3;

/** Holds the device of a session, and gets another where it is lost. */
export class DeviceKeeper {
  readonly #host: SessionHost;
  readonly #emit: (event: TrainerEvent) => void;
  readonly #onLoss: (gpu: Gpu) => void;
  readonly #variants: VariantCache;
  #gpu: Gpu | null = null;
  #measured: Promise<unknown> = Promise.resolve();

  /** @param onLoss is called when a device is lost, by whatever: {@link replace} it as soon as nobody is at work on it. */
  constructor(host: SessionHost, emit: (event: TrainerEvent) => void, onLoss: (gpu: Gpu) => void) {
    this.#host = host;
    this.#emit = emit;
    this.#onLoss = onLoss;
    this.#variants = host.variants ?? rememberingCache();
  }

  /** The device, opened where none is open. @throws BellowsError of {@link SessionHost.openGpu}. */
  async open(): Promise<Gpu> {
    if (this.#gpu !== null) return this.#gpu;
    const gpu = await this.#host.openGpu();
    this.#gpu = gpu;
    gpu.lost.then(
      () => this.#gpu === gpu && this.#onLoss(gpu),
      () => {},
    );
    return gpu;
  }

  /** Does something on the device; where that is lost meanwhile, gets another and does it again. */
  async use<T>(body: (gpu: Gpu) => Promise<T>): Promise<T> {
    for (let losses = 1; ; losses++) {
      const gpu = await this.open();
      try {
        return await body(gpu);
      } catch (error) {
        if (losses > MAX_LOSSES || !(await isLost(gpu))) throw error;
        await this.replace(gpu);
      }
    }
  }

  /** The fastest kernel variants for a model of this shape. One measurement waits for another, which would disturb it. */
  async variantsFor(config: ModelConfig): Promise<Variants> {
    const measured = this.#measured.then(async () =>
      measureVariants(await this.open(), config, this.#variants),
    );
    this.#measured = measured.catch(() => {});
    const variants = await measured;
    this.#emit({ type: "variants", variants });
    return variants;
  }

  /**
   * Gets another device in place of a lost one, with patience; does nothing where that has been done.
   * @throws BellowsError of the last attempt, where there is none within a minute.
   */
  async replace(lost: Gpu): Promise<void> {
    if (this.#gpu !== lost) return;
    this.#emit({ type: "device", status: "lost" });
    this.close();
    for (const [attempt, delay] of PATIENCE.entries()) {
      await sleep(delay);
      try {
        await this.open();
        this.#emit({ type: "device", status: "regained" });
        return;
      } catch (error) {
        if (attempt === PATIENCE.length - 1) throw error;
      }
    }
  }

  close(): void {
    const gpu = this.#gpu;
    this.#gpu = null; // first, so that its end is no loss
    gpu?.close();
  }
}

/** Whether a device is lost: asked after an error, which may come before the news. */
function isLost(gpu: Gpu): Promise<boolean> {
  return Promise.race([gpu.lost.then(() => true), sleep(NEWS_DELAY).then(() => false)]);
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** For a host that keeps nothing: at least a device that is got again need not be measured again. */
function rememberingCache(): VariantCache {
  const known = new Map<string, string>();
  return {
    get: async (key) => known.get(key) ?? null,
    set: async (key, value) => {
      known.set(key, value);
    },
  };
}
