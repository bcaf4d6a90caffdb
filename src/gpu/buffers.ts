import { BellowsError } from "../errors.ts";

/** Storage offsets must be multiples of this on every device (WebGPU's default limit), in bytes. */
export const OFFSET_ALIGNMENT = 256;

/** A range of a buffer, as it is bound to a kernel. Sizes and offsets in bytes. */
export interface Slice {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/**
 * Every GPU buffer of a device, counted. Buffers are zero when made (WebGPU promises it) and live until
 * `destroy`; the pool's peak is what the pre-flight estimate is held against.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #live = new Set<GPUBuffer>();
  #bytes = 0;
  #peakBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of the buffers alive now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most bytes that were ever alive at once. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** A storage buffer of `bytes`, which can be copied from and to. */
  storage(label: string, bytes: number): Slice {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.#create(label, bytes, STORAGE | COPY_SRC | COPY_DST);
  }

  /** A buffer that kernels read as a uniform and others may write as storage. */
  uniform(label: string, bytes: number): Slice {
    const { UNIFORM, STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.#create(label, bytes, UNIFORM | STORAGE | COPY_SRC | COPY_DST);
  }

  /** A staging buffer that the host can map to read. */
  staging(label: string, bytes: number): Slice {
    return this.#create(label, bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  }

  destroy(slice: Slice): void {
    if (!this.#live.delete(slice.buffer)) return;
    this.#bytes -= slice.buffer.size;
    slice.buffer.destroy();
  }

  destroyAll(): void {
    for (const buffer of this.#live) buffer.destroy();
    this.#live.clear();
    this.#bytes = 0;
  }

  #create(label: string, bytes: number, usage: GPUBufferUsageFlags): Slice {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const { maxBufferSize } = this.#device.limits;
    if (size > maxBufferSize) {
      throw new BellowsError(
        "limit-exceeded",
        `buffer "${label}" needs ${size} bytes; this device allows ${maxBufferSize}`,
        {
          hint: "A smaller model, fewer sequences or a smaller train.microBatchTokens would fit.",
        },
      );
    }
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#live.add(buffer);
    this.#bytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    return { buffer, offset: 0, size };
  }
}

/** The bytes `offset .. offset + size` of a slice. */
export function subslice(slice: Slice, offset: number, size: number): Slice {
  if (offset % OFFSET_ALIGNMENT !== 0)
    throw new Error(`slice offset ${offset} is not a multiple of ${OFFSET_ALIGNMENT}`);
  if (offset + size > slice.size) throw new Error(`slice ${offset}+${size} exceeds ${slice.size} bytes`);
  return { buffer: slice.buffer, offset: slice.offset + offset, size };
}
