import { afterAll, beforeAll } from "vitest";
import type { Slice } from "../../src/gpu/buffers.ts";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { Program } from "../../src/gpu/program.ts";
import { readOnce } from "../../src/gpu/readback.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";

let shared: Promise<Gpu> | undefined;

/** One device for all test files of the GPU project that a process runs. */
export function sharedGpu(): Promise<Gpu> {
  shared ??= openGpu(createGpu(), { waiterFor: nodeWaiter });
  return shared;
}

/** The shared device, for the tests of a `describe` block: `const gpu = useGpu()`, then `gpu()` inside a test. */
export function useGpu(): () => Gpu {
  let gpu: Gpu | undefined;
  beforeAll(async () => {
    gpu = await sharedGpu();
  });
  afterAll(() => gpu?.check());
  return () => gpu!;
}

/** True where the adapter can run the variants that share rows through a subgroup. */
export function hasWideSubgroups(gpu: Gpu): boolean {
  return gpu.has("subgroups") && gpu.adapter.subgroupMinSize >= 8;
}

/**
 * Skips the test where the adapter cannot run a variant, and says so in the report. Mesa's software driver can run all of
 * them, so on CI, which uses it, the test fails instead: nothing there may go untested.
 */
export function requireVariant(gpu: Gpu, variant: string, skip: (note: string) => void): void {
  if (variant !== "subgroup" || hasWideSubgroups(gpu)) return;
  const reason = `${gpu.adapter.description || gpu.adapter.vendor} has no subgroups of eight lanes or more`;
  if (process.env.CI === "true" && gpu.adapter.software) throw new Error(reason);
  skip(reason);
}

/** Skips the test where the adapter does not offer a feature; on CI it fails, see {@link requireVariant}. */
export function requireFeature(gpu: Gpu, feature: GPUFeatureName, skip: (note: string) => void): void {
  if (gpu.has(feature)) return;
  const reason = `${gpu.adapter.description || gpu.adapter.vendor} has no ${feature}`;
  if (process.env.CI === "true" && gpu.adapter.software) throw new Error(reason);
  skip(reason);
}

const GUARD_WORDS = 64;
const POISON = 0x7fc0_dead; // a NaN with a signature
const GUARD = 0xfee1_dead;

type Data = Float32Array | Uint32Array;

export interface KernelRun<I extends string, O extends string> {
  /** Contents of buffers that kernels read. */
  readonly inputs: Readonly<Record<I, Data>>;
  /** Buffers that kernels write: their size in words, poisoned beforehand, or what they hold beforehand. */
  readonly outputs: Readonly<Record<O, number | Data>>;
  /** Words of the extent uniform: rows, tiles, runs, accumulate. */
  readonly extent?: readonly number[];
  /** What the program is encoded with; the first word of the extent if left out. */
  readonly rows?: number;
  readonly build: (program: Program, slices: Readonly<Record<I | O | "extent", Slice>>) => void;
}

/**
 * Runs a few dispatches inside error scopes and returns the outputs. Outputs are poisoned beforehand and have
 * guard words behind them: an element left unwritten stays NaN, one written beyond the end throws.
 */
export async function runKernels<I extends string, O extends string>(
  gpu: Gpu,
  run: KernelRun<I, O>,
): Promise<Record<O, Float32Array<ArrayBuffer>>> {
  const slices: Record<string, Slice> = {};
  return gpu.scoped(async () => {
    const { buffers, device } = gpu;
    for (const [name, data] of Object.entries<Data>(run.inputs)) {
      slices[name] = buffers.uniform(name, data.byteLength); // as storage too, so that an input may be an extent
      device.queue.writeBuffer(slices[name].buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    }
    const sizes: Record<string, number> = {};
    for (const [name, initial] of Object.entries<number | Data>(run.outputs)) {
      const words = typeof initial === "number" ? initial : initial.length;
      const contents = new Uint32Array(words + GUARD_WORDS).fill(POISON, 0, words).fill(GUARD, words);
      if (typeof initial !== "number")
        contents.set(new Uint32Array(initial.buffer, initial.byteOffset, words));
      sizes[name] = words;
      slices[name] = buffers.storage(name, contents.byteLength);
      device.queue.writeBuffer(slices[name].buffer, 0, contents);
    }
    if (run.extent !== undefined) {
      slices.extent = buffers.uniform("extent", 16);
      device.queue.writeBuffer(
        slices.extent.buffer,
        0,
        Uint32Array.from({ length: 4 }, (_, i) => run.extent?.[i] ?? 0),
      );
    }
    const program = new Program(gpu, "test");
    try {
      run.build(program, slices as Record<I | O | "extent", Slice>);
      await gpu.pipelines.ready();
      const encoder = device.createCommandEncoder();
      program.encode(encoder, run.rows ?? run.extent?.[0] ?? 0);
      device.queue.submit([encoder.finish()]);
      const results: Record<string, Float32Array<ArrayBuffer>> = {};
      for (const [name, words] of Object.entries(sizes)) {
        const bytes = await readOnce(gpu, slices[name]!);
        const guards = new Uint32Array(bytes, words * 4, GUARD_WORDS);
        const broken = guards.findIndex((word) => word !== GUARD);
        if (broken >= 0) throw new Error(`${name}: word ${words + broken} behind the end was overwritten`);
        results[name] = new Float32Array(bytes, 0, words);
      }
      return results as Record<O, Float32Array<ArrayBuffer>>;
    } finally {
      program.destroy();
      for (const slice of Object.values(slices)) buffers.destroy(slice);
    }
  });
}
