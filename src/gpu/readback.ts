import type { Slice } from "./buffers.ts";
import type { Gpu } from "./device.ts";

/** A staging buffer for one kind of readback, made once and mapped each time. */
export class Readback {
  readonly #gpu: Gpu;
  readonly #staging: Slice;
  readonly #bytes: number;

  constructor(gpu: Gpu, label: string, bytes: number) {
    this.#gpu = gpu;
    this.#bytes = bytes;
    this.#staging = gpu.buffers.staging(`${label} readback`, bytes);
  }

  /** Bytes that fit. */
  get capacity(): number {
    return this.#bytes;
  }

  /** Encodes a copy of the first `bytes` of `source` (all that fit, if left out) to byte `at`. */
  encode(encoder: GPUCommandEncoder, source: Slice, bytes = this.#bytes, at = 0): void {
    encoder.copyBufferToBuffer(source.buffer, source.offset, this.#staging.buffer, at, bytes);
  }

  /** Waits for what was submitted and returns a copy of the bytes. */
  async read(bytes = this.#bytes): Promise<ArrayBuffer> {
    const { buffer } = this.#staging;
    await this.#gpu.wait(buffer.mapAsync(GPUMapMode.READ, 0, bytes)); // sync point
    const copy = buffer.getMappedRange(0, bytes).slice(0);
    buffer.unmap();
    this.#gpu.check();
    return copy;
  }

  destroy(): void {
    this.#gpu.buffers.destroy(this.#staging);
  }
}

/** Reads a slice once, with a staging buffer of its own: for checkpoints and tests, not for loops. */
export async function readOnce(gpu: Gpu, source: Slice): Promise<ArrayBuffer> {
  const readback = new Readback(gpu, "once", source.size);
  try {
    const encoder = gpu.device.createCommandEncoder();
    readback.encode(encoder, source);
    gpu.device.queue.submit([encoder.finish()]);
    return await readback.read();
  } finally {
    readback.destroy();
  }
}
