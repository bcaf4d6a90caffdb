import { BellowsError } from "../errors.ts";
import type { Slice } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import {
  type BindingsOf,
  type Grid,
  type KernelSpec,
  type ParamsOf,
  packParams,
  paramsSize,
} from "./kernel.ts";
import type { CompiledKernel } from "./pipelines.ts";
import type { KernelTimer } from "./timing.ts";

/** A grid, or a function that gives it for the number of rows in hand. */
export type GridFor = Grid | ((rows: number) => Grid);

/** One recorded dispatch, whose params can still be changed between submits. */
export interface Dispatch<K extends KernelSpec = KernelSpec> {
  readonly label: string;
  /** Rewrites the params uniform; takes effect for what is submitted afterwards. */
  setParams(values: ParamsOf<K>): void;
}

interface Step {
  readonly kernel: CompiledKernel;
  readonly bindGroup: GPUBindGroup;
  readonly grid: GridFor;
}

/**
 * A list of dispatches with everything baked when it is built: bind groups, params, grids. Encoding it
 * costs three calls a dispatch and allocates nothing, which on a small model is most of what a step costs
 * on a real GPU.
 */
export class Program {
  readonly label: string;
  readonly #gpu: Gpu;
  readonly #steps: Step[] = [];
  readonly #owned: Slice[] = [];

  constructor(gpu: Gpu, label: string) {
    this.#gpu = gpu;
    this.label = label;
  }

  /** Number of dispatches. */
  get length(): number {
    return this.#steps.length;
  }

  /** Appends a dispatch. `params` may be left out where the kernel has none. */
  add<K extends KernelSpec>(
    kernel: CompiledKernel<K>,
    bindings: BindingsOf<K>,
    params: ParamsOf<K>,
    grid: GridFor,
  ): Dispatch<K> {
    const { device, buffers } = this.#gpu;
    const slices = Object.keys(kernel.spec.bindings).map((name) => {
      const slice = (bindings as Readonly<Record<string, Slice>>)[name];
      if (slice === undefined) throw new Error(`${kernel.label}: binding ${name} is missing`);
      checkBinding(slice, device.limits);
      return slice;
    });
    let uniform: Slice | undefined;
    if (Object.keys(kernel.spec.params).length > 0) {
      uniform = buffers.uniform(`${kernel.label} params`, paramsSize(kernel.spec.params));
      device.queue.writeBuffer(uniform.buffer, 0, packParams(kernel.spec, params));
      this.#owned.push(uniform);
      slices.push(uniform);
    }
    const bindGroup = device.createBindGroup({
      label: kernel.label,
      layout: kernel.layout,
      entries: slices.map((resource, binding) => ({ binding, resource })),
    });
    this.#steps.push({ kernel, bindGroup, grid });
    return {
      label: kernel.label,
      setParams(values) {
        if (uniform === undefined) throw new Error(`${kernel.label} has no params`);
        device.queue.writeBuffer(uniform.buffer, 0, packParams(kernel.spec, values));
      },
    };
  }

  /**
   * Encodes every dispatch. `rows` is what grid functions are called with; with a timer, each dispatch
   * gets a pass of its own, since WebGPU takes timestamps at the borders of passes only.
   */
  encode(encoder: GPUCommandEncoder, rows: number, timer?: KernelTimer): void {
    if (timer !== undefined) {
      for (const step of this.#steps) {
        const timestampWrites = timer.next(step.kernel.spec.id);
        const pass = encoder.beginComputePass(timestampWrites === undefined ? {} : { timestampWrites });
        dispatch(pass, step, rows);
        pass.end();
      }
      return;
    }
    const pass = encoder.beginComputePass({ label: this.label });
    for (const step of this.#steps) dispatch(pass, step, rows);
    pass.end();
  }

  /** Encodes into a pass that is already open, e.g. one that holds many decode positions. */
  encodeInto(pass: GPUComputePassEncoder, rows: number): void {
    for (const step of this.#steps) dispatch(pass, step, rows);
  }

  destroy(): void {
    for (const slice of this.#owned) this.#gpu.buffers.destroy(slice);
    this.#steps.length = 0;
  }
}

/** @throws BellowsError `limit-exceeded` where a slice is larger than the device binds. */
function checkBinding({ buffer, size }: Slice, limits: GPUSupportedLimits): void {
  const { maxStorageBufferBindingSize: most } = limits;
  if (size <= most) return;
  throw new BellowsError(
    "limit-exceeded",
    `"${buffer.label}" is to be bound with ${size} bytes; this device binds at most ${most} (maxStorageBufferBindingSize)`,
    { hint: "A smaller model, fewer sequences or a smaller train.microBatchTokens would fit." },
  );
}

function dispatch(pass: GPUComputePassEncoder, step: Step, rows: number): void {
  const [x, y, z] = typeof step.grid === "function" ? step.grid(rows) : step.grid;
  pass.setPipeline(step.kernel.pipeline);
  pass.setBindGroup(0, step.bindGroup);
  pass.dispatchWorkgroups(x, y, z);
}
