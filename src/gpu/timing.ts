import { BellowsError } from "../errors.ts";
import type { Slice } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./readback.ts";

const TIMESTAMP_BYTES = 8;

/** GPU time of one kernel over a measured stretch. */
export interface KernelTime {
  readonly id: string;
  readonly calls: number;
  readonly milliseconds: number;
}

/** Times each dispatch with `timestamp-query`. Only for profiling: it splits the pass at every kernel. */
export class KernelTimer {
  readonly #querySet: GPUQuerySet;
  readonly #resolved: Slice;
  readonly #readback: Readback;
  readonly #capacity: number;
  readonly #ids: string[] = [];

  /**
   * @param capacity most dispatches between two calls of `read`; later ones run untimed.
   * @throws BellowsError `limit-exceeded` where the device has no `timestamp-query`.
   */
  constructor(gpu: Gpu, capacity: number) {
    if (!gpu.has("timestamp-query")) {
      throw new BellowsError(
        "limit-exceeded",
        "this adapter has no timestamp-query, so kernels cannot be timed",
      );
    }
    this.#capacity = Math.min(capacity, 2048);
    const count = this.#capacity * 2;
    this.#querySet = gpu.device.createQuerySet({ label: "kernel times", type: "timestamp", count });
    this.#resolved = resolveBuffer(gpu.device, count * TIMESTAMP_BYTES);
    this.#readback = new Readback(gpu, "kernel times", count * TIMESTAMP_BYTES);
  }

  /** Claims the two timestamps of the next dispatch. */
  next(id: string): GPUComputePassTimestampWrites | undefined {
    const index = this.#ids.length;
    if (index >= this.#capacity) return undefined;
    this.#ids.push(id);
    return {
      querySet: this.#querySet,
      beginningOfPassWriteIndex: index * 2,
      endOfPassWriteIndex: index * 2 + 1,
    };
  }

  /** Encode after the timed programs, into the same encoder. */
  resolve(encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(this.#querySet, 0, this.#capacity * 2, this.#resolved.buffer, 0);
    this.#readback.encode(encoder, this.#resolved);
  }

  /** Times per kernel since the last call, longest first. */
  async read(): Promise<KernelTime[]> {
    const stamps = new BigUint64Array(await this.#readback.read());
    const totals = new Map<string, { calls: number; milliseconds: number }>();
    for (const [index, id] of this.#ids.entries()) {
      const total = totals.get(id) ?? { calls: 0, milliseconds: 0 };
      total.calls += 1;
      total.milliseconds += Number((stamps[index * 2 + 1] ?? 0n) - (stamps[index * 2] ?? 0n)) / 1e6;
      totals.set(id, total);
    }
    this.#ids.length = 0;
    return [...totals]
      .map(([id, total]) => ({ id, ...total }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }

  destroy(): void {
    this.#querySet.destroy();
    this.#resolved.buffer.destroy();
    this.#readback.destroy();
  }
}

function resolveBuffer(device: GPUDevice, size: number): Slice {
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  return { buffer: device.createBuffer({ label: "kernel times", size, usage }), offset: 0, size };
}
