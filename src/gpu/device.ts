import { BellowsError } from "../errors.ts";
import { BufferPool } from "./buffers.ts";
import { Pipelines } from "./pipelines.ts";

/** Optional features that bellows can use; none is ever required. */
const USEFUL_FEATURES: readonly GPUFeatureName[] = ["subgroups", "timestamp-query", "shader-f16"];

/** Limits of which more is better; the rest stay at WebGPU's defaults. */
const USEFUL_LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize"] as const;

/** Waits for the GPU. A host may replace it, e.g. to let a software adapter have the processor meanwhile. */
export type Waiter = <T>(promise: Promise<T>) => Promise<T>;

/** Simply awaits. */
export const plainWaiter: Waiter = (promise) => promise;

export interface OpenOptions {
  /** How to wait for such an adapter and device at a sync point; plain `await` if left out. */
  readonly waiterFor?: (adapter: AdapterDescription, device: GPUDevice) => Waiter;
  /** Ask for default limits and no optional feature, as the weakest conforming device would give. */
  readonly minimal?: boolean;
  readonly powerPreference?: GPUPowerPreference;
}

/** What an adapter says of itself; `key` identifies it in caches. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True for a driver that runs on the CPU (lavapipe, SwiftShader, WARP). */
  readonly software: boolean;
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly key: string;
}

/** One WebGPU device with everything built on it. Made by {@link openGpu}; ended by {@link Gpu.close}. */
export class Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly buffers: BufferPool;
  readonly pipelines: Pipelines;
  /** Resolves with the reason when the device is lost, also after {@link close}. */
  readonly lost: Promise<GPUDeviceLostInfo>;
  readonly #waiter: Waiter;
  #lostInfo: GPUDeviceLostInfo | undefined;
  #failure: BellowsError | undefined;

  constructor(device: GPUDevice, adapter: AdapterDescription, waiter: Waiter) {
    this.device = device;
    this.adapter = adapter;
    this.#waiter = waiter;
    this.buffers = new BufferPool(device);
    this.pipelines = new Pipelines(device);
    this.lost = device.lost;
    device.lost.then((info) => {
      this.#lostInfo = info;
    }, ignore);
    device.addEventListener("uncapturederror", (event) => {
      this.#failure ??= asBellowsError((event as GPUUncapturedErrorEvent).error);
    });
  }

  has(feature: GPUFeatureName): boolean {
    return this.device.features.has(feature);
  }

  /** Throws if the device was lost or an earlier command failed outside any error scope. */
  check(): void {
    if (this.#lostInfo !== undefined) {
      throw new BellowsError(
        "device-lost",
        `the GPU device was lost: ${this.#lostInfo.message || this.#lostInfo.reason}`,
        {
          hint: "The run can go on from its last checkpoint on a new device.",
        },
      );
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
  }

  /** Awaits a promise that the GPU settles. The only way in which bellows waits for the device. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    try {
      return await this.#waiter(promise);
    } catch (error) {
      this.check();
      throw error;
    }
  }

  /** Resolves when all submitted work is done. */
  async idle(): Promise<void> {
    await this.wait(this.device.queue.onSubmittedWorkDone()); // sync point
    this.check();
  }

  /** Runs `body` inside validation and out-of-memory error scopes and throws what they caught. */
  async scoped<T>(body: () => T | Promise<T>): Promise<T> {
    this.device.pushErrorScope("out-of-memory");
    this.device.pushErrorScope("validation");
    const outcome = await Promise.allSettled([(async () => body())()]);
    const validation = await this.device.popErrorScope();
    const memory = await this.device.popErrorScope();
    if (memory !== null) throw asBellowsError(memory);
    if (validation !== null) throw asBellowsError(validation);
    this.check();
    const [result] = outcome;
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }

  close(): void {
    this.buffers.destroyAll();
    this.device.destroy();
  }
}

/**
 * Requests an adapter and a device with the useful features and limits that the adapter offers.
 * @throws BellowsError `adapter-unavailable` where there is no adapter or it gives no device.
 */
export async function openGpu(gpu: GPU, options: OpenOptions = {}): Promise<Gpu> {
  const adapter = await gpu.requestAdapter(
    options.powerPreference === undefined ? {} : { powerPreference: options.powerPreference },
  );
  if (adapter === null) {
    throw new BellowsError("adapter-unavailable", "WebGPU is present, but it offers no adapter", {
      hint: "Install or update the graphics driver; `npm run doctor` says more.",
    });
  }
  const requiredFeatures = options.minimal
    ? []
    : USEFUL_FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits: Record<string, number> = {};
  if (!options.minimal) for (const limit of USEFUL_LIMITS) requiredLimits[limit] = adapter.limits[limit];
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ label: "bellows", requiredFeatures, requiredLimits });
  } catch (cause) {
    throw new BellowsError("adapter-unavailable", `the adapter gave no device: ${String(cause)}`, { cause });
  }
  const description = describeAdapter(adapter);
  return new Gpu(device, description, options.waiterFor?.(description, device) ?? plainWaiter);
}

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const names = [vendor, architecture, device, description];
  const software =
    adapter.info.isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|basic render/i.test(names.join(" "));
  const key = [...names, subgroupMinSize, subgroupMaxSize].join("|");
  return { vendor, architecture, device, description, software, subgroupMinSize, subgroupMaxSize, key };
}

function asBellowsError(error: GPUError): BellowsError {
  if (error instanceof GPUOutOfMemoryError) {
    return new BellowsError("out-of-memory", `the GPU is out of memory: ${error.message}`, {
      hint: "Lower train.microBatchTokens, rl.promptsPerStep or schedule.lmax; `bellows train` prints the estimate first.",
    });
  }
  return new BellowsError("validation", `WebGPU refused a command: ${error.message}`, {
    hint: "This is a defect of bellows or of the driver; please report it with the output of `npm run doctor`.",
  });
}

function ignore(): void {}
