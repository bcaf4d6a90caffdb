import { afterEach, describe, expect, test } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { subslice } from "../../src/gpu/buffers.ts";
import { openGpu } from "../../src/gpu/device.ts";
import { expandIncludes } from "../../src/gpu/include.ts";
import { foldGrid, packParams, paramsSize } from "../../src/gpu/kernel.ts";
import { Pipelines } from "../../src/gpu/pipelines.ts";
import { Program } from "../../src/gpu/program.ts";
import { Readback, readOnce } from "../../src/gpu/readback.ts";
import { KernelTimer } from "../../src/gpu/timing.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { addSwiglu, swigluForward } from "../../src/kernels/swiglu.ts";
import { useGpu } from "../support/gpu.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

describe("include expansion", () => {
  const files: Record<string, string> = {
    a: '#include "b"\n#include "c"\nA',
    b: '#include "c"\nB',
    c: "C",
    loop: '#include "loop"',
  };
  const read = (path: string) => files[path]!;

  test("takes each file once, where it is first wanted", () => {
    expect(expandIncludes("a", read)).toBe("C\nB\n\nA");
  });

  test("survives a file that includes itself", () => {
    expect(expandIncludes("loop", read)).toBe("");
  });
});

describe("kernel specs", () => {
  const spec = { id: "test", code: "", bindings: {}, params: { count: "u32", scale: "f32" } } as const;

  test("params are packed in order and padded to 16 bytes", () => {
    expect(paramsSize(spec.params)).toBe(16);
    const view = new DataView(packParams(spec, { count: 7, scale: 0.5 }));
    expect([view.getUint32(0, true), view.getFloat32(4, true)]).toEqual([7, 0.5]);
  });

  test.each([
    { count: -1 },
    { count: 1.5 },
    { count: 2 ** 32 },
    { count: Number.NaN },
    { scale: Number.POSITIVE_INFINITY },
    { scale: undefined },
  ])("%j never reaches the GPU", (change) => {
    expect(() => packParams(spec, { count: 1, scale: 1, ...change } as Record<string, number>)).toThrow(
      "test: params.",
    );
  });

  test.each([
    [1, [1]],
    [65_535, [65_535]],
    [65_536, [32_768, 2]],
    [200_000, [50_000, 4]],
  ])("%i workgroups fold into %j", (groups, grid) => {
    expect(foldGrid(groups)).toEqual(grid);
  });
});

describe("buffers", () => {
  test("are counted, and zero when made", async () => {
    const { buffers } = gpu();
    const before = buffers.bytes;
    const slice = buffers.storage("test", 1000);
    expect(buffers.bytes).toBe(before + 1000);
    expect(buffers.peakBytes).toBeGreaterThanOrEqual(buffers.bytes);
    expect(new Uint8Array(await readOnce(gpu(), slice)).every((byte) => byte === 0)).toBe(true);
    expect(buffers.bytes).toBe(before + 1000); // the staging buffer of readOnce is gone again
    buffers.destroy(slice);
    buffers.destroy(slice);
    expect(buffers.bytes).toBe(before);
  });

  test("beyond the device's limit are refused before they are asked for", () => {
    const tooMuch = Math.ceil(gpu().device.limits.maxBufferSize / 4) * 4 + 4;
    expect(() => gpu().buffers.storage("huge", tooMuch)).toThrow(`buffer "huge" needs ${tooMuch} bytes`);
  });

  test("are bound at aligned offsets and never beyond their end", () => {
    const slice = gpu().buffers.storage("test", 1024);
    expect(subslice(slice, 512, 512)).toMatchObject({ offset: 512, size: 512 });
    expect(() => subslice(slice, 100, 4)).toThrow("multiple of 256");
    expect(() => subslice(slice, 768, 512)).toThrow("exceeds");
  });
});

describe("pipelines", () => {
  test("name each kernel as it is done", async () => {
    const pipelines = new Pipelines(gpu().device);
    pipelines.get(swigluForward);
    pipelines.get(swigluForward);
    const seen: unknown[] = [];
    await pipelines.ready((...progress) => seen.push(progress));
    expect(seen).toEqual([[1, 1, "swiglu/forward"]]);
  });

  test("report a fault with its shader, line, column and source", async () => {
    gpu().device.pushErrorScope("validation");
    const pipelines = new Pipelines(gpu().device);
    pipelines.get({
      id: "faulty/kernel",
      code: "\n@compute @workgroup_size(1)\nfn main() { nonsense(); }",
      bindings: {},
      params: {},
    });
    const failure = await pipelines.ready().catch((error: unknown) => error);
    await gpu().device.popErrorScope();
    expect(failure).toBeInstanceOf(BellowsError);
    expect(failure).toMatchObject({ code: "shader-compilation", field: "faulty/kernel" });
    expect((failure as BellowsError).message).toMatch(
      /faulty\/kernel:3:13 .*nonsense[\s\S]*fn main\(\) { nonsense\(\); }/,
    );
  });

  test("say that they are not ready, rather than fail inside WebGPU", () => {
    const pipelines = new Pipelines(gpu().device);
    const kernel = pipelines.get(swigluForward);
    expect(() => kernel.pipeline).toThrow("swiglu/forward is not compiled yet");
  });
});

describe("errors", () => {
  test("inside a scope are thrown as what they are", async () => {
    const failed = gpu().scoped(() => {
      gpu().device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    });
    await expect(failed).rejects.toMatchObject({ code: "validation" });
    await expect(gpu().scoped(() => 5)).resolves.toBe(5);
    await expect(gpu().scoped(() => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  });

  test("outside any scope surface at the next sync point, once", async () => {
    gpu().device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await expect(gpu().idle()).rejects.toMatchObject({ code: "validation" });
    await expect(gpu().idle()).resolves.toBeUndefined();
  });

  test("a lost device says so", async () => {
    const own = await openGpu(createGpu(), { waiterFor: nodeWaiter });
    own.device.destroy();
    await own.lost;
    expect(() => own.check()).toThrow(/device was lost/);
    await expect(own.idle()).rejects.toMatchObject({ code: "device-lost" });
  });

  test("travel as data and come back", () => {
    const error = new BellowsError("config-invalid", "x is 1", { field: "x", hint: "Make it 2." });
    const data = structuredClone(error.toData());
    expect(data).toEqual({
      name: "BellowsError",
      code: "config-invalid",
      message: "x is 1",
      hint: "Make it 2.",
      field: "x",
    });
    expect(BellowsError.fromData(data).toData()).toEqual(data);
  });
});

test("a device of default limits and no feature is enough to be opened", async () => {
  const minimal = await openGpu(createGpu(), { waiterFor: nodeWaiter, minimal: true });
  expect(minimal.has("subgroups")).toBe(false);
  expect(minimal.device.limits.maxStorageBufferBindingSize).toBe(134_217_728);
  minimal.close();
});

test("readback copies what was asked for, to where it was asked for", async () => {
  const { buffers, device } = gpu();
  const slice = buffers.storage("source", 64);
  device.queue.writeBuffer(
    slice.buffer,
    0,
    Uint32Array.from({ length: 16 }, (_, i) => i),
  );
  const readback = new Readback(gpu(), "test", 64);
  const encoder = device.createCommandEncoder();
  readback.encode(encoder, slice, 8, 16);
  device.queue.submit([encoder.finish()]);
  expect([...new Uint32Array(await readback.read(24))]).toEqual([0, 0, 0, 0, 0, 1]);
});

test("the timer gives each kernel its own time", async ({ skip }) => {
  // A feature of the adapter, not of the driver set-up that CI installs: lavapipe has it.
  if (!gpu().has("timestamp-query")) skip("this adapter has no timestamp-query");
  const { buffers, device } = gpu();
  const program = new Program(gpu(), "timed");
  const extent = buffers.uniform("extent", 16);
  const [inp, out] = [buffers.storage("inp", 512 * 4), buffers.storage("out", 256 * 4)];
  addSwiglu(program, gpu(), { inp, out, extent }, 16);
  addSwiglu(program, gpu(), { inp, out, extent }, 16);
  await gpu().pipelines.ready();
  const timer = new KernelTimer(gpu(), 10);
  for (const expectedCalls of [2, 2]) {
    const encoder = device.createCommandEncoder();
    program.encode(encoder, 16, timer);
    timer.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    const [time, ...others] = await timer.read();
    expect(time).toMatchObject({ id: "swiglu/forward", calls: expectedCalls });
    expect(time!.milliseconds).toBeGreaterThanOrEqual(0);
    expect(others).toEqual([]);
  }
  timer.destroy();
});
