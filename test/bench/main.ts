/**
 * `npm run bench [-- WHAT …]`: how fast bellows is on this adapter. WHAT is any of train, kernels, sample, matmul, host; all by
 * default. `kernels` times each kernel of a training step with timestamp queries; `host` counts what the host spends per step and per position, on Dawn's null backend, which executes nothing.
 * Each result is one line; give `--json` for data. Machines are noisy: compare only what one run printed.
 */
import { openGpu } from "../../src/gpu/device.ts";
import { Program } from "../../src/gpu/program.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { exit, print, programArguments } from "../../src/host/node-program.ts";
import { ensureDriver } from "../../src/host/node-setup.ts";
import { addMatmulNn, addMatmulNt, addMatmulTn, type MatmulVariant } from "../../src/kernels/matmul.ts";
import { candidates } from "../../src/model/variants.ts";
import { sampleBench, trainBench, trainFlops, WORKLOADS, type WorkloadName } from "./workloads.ts";

const ROUNDS = 7;
const NAMES: readonly WorkloadName[] = ["S", "M"];
const args = programArguments();
const json = args.includes("--json");
const wanted = args.filter((arg) => !arg.startsWith("--"));

function report(what: string, numbers: Record<string, number | string>): void {
  if (json) print(JSON.stringify({ what, ...numbers }));
  else {
    const parts = Object.entries(numbers).map(
      ([name, value]) => `${name} ${typeof value === "number" ? tidy(value) : value}`,
    );
    print(`${what.padEnd(34)} ${parts.join("   ")}`);
  }
}

function tidy(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Median milliseconds of `body`, after one call to warm up. */
async function median(body: () => Promise<unknown>, rounds = ROUNDS): Promise<number> {
  await body();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    await body();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

async function train(): Promise<void> {
  for (const name of NAMES) {
    const begin = performance.now();
    const bench = await trainBench(createGpu(), name);
    await bench.step();
    const firstStep = (performance.now() - begin) / 1000;
    const milliseconds = await median(() => bench.step());
    report(`train ${name}`, {
      "tokens/s": (bench.tokens / milliseconds) * 1000,
      ms: milliseconds,
      "GFLOP/s": trainFlops(WORKLOADS[name]) / milliseconds / 1e6,
      dispatches: bench.dispatches,
      "first step s": firstStep,
      "GPU MiB": bench.gpu.buffers.peakBytes / 2 ** 20,
    });
    bench.gpu.close();
  }
}

async function kernels(): Promise<void> {
  for (const name of NAMES) {
    const bench = await trainBench(createGpu(), name);
    await bench.step();
    const times = await bench.profile();
    const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    for (const { id, calls, milliseconds } of times) {
      report(`${name} ${id}`, { ms: milliseconds, calls, "% of the step": (100 * milliseconds) / total });
    }
    bench.gpu.close();
  }
}

async function sample(): Promise<void> {
  for (const name of NAMES) {
    const bench = await sampleBench(createGpu(), name);
    const tokens = await bench.generate();
    const milliseconds = await median(() => bench.generate());
    report(`sample ${name}, B = ${bench.sequences}`, {
      "tokens/s": (tokens / milliseconds) * 1000,
      "ms per position": milliseconds / bench.positions,
      "dispatches per position": bench.dispatches,
    });
    bench.gpu.close();
  }
}

async function matmul(): Promise<void> {
  const n = 512;
  const gpu = await openGpu(createGpu(), { waiterFor: nodeWaiter });
  const matrix = (label: string) => gpu.buffers.storage(label, n * n * 4);
  const [a, b, c] = [matrix("a"), matrix("b"), matrix("c")];
  const extent = gpu.buffers.uniform("extent", 16);
  gpu.device.queue.writeBuffer(extent.buffer, 0, Uint32Array.of(n, 0, 0, 0));
  const shape = { outputs: n, inputs: n };
  const forms: Record<string, (program: Program, variant: MatmulVariant) => void> = {
    NT: (p, v) => addMatmulNt(p, gpu, v, { inp: a, weight: b, out: c, extent }, shape),
    NN: (p, v) => addMatmulNn(p, gpu, v, { dout: a, weight: b, dinp: c, extent }, shape),
    TN: (p, v) =>
      addMatmulTn(p, gpu, v, { dout: a, inp: b, dweight: c, extent }, shape, { count: 1, stride: n * n }),
  };
  for (const variant of candidates(gpu).matmul) {
    const rates: Record<string, number> = {};
    for (const [form, add] of Object.entries(forms)) {
      const program = new Program(gpu, form);
      add(program, variant);
      await gpu.pipelines.ready();
      const milliseconds = await median(async () => {
        const encoder = gpu.device.createCommandEncoder();
        program.encode(encoder, n);
        gpu.device.queue.submit([encoder.finish()]);
        await gpu.idle(); // sync point
      });
      rates[`${form} GFLOP/s`] = (2 * n ** 3) / milliseconds / 1e6;
    }
    report(`matmul ${n} ${variant}`, rates);
  }
  gpu.close();
}

/** Milliseconds of the host per step and per position. The null backend computes nothing, so results are not looked at. */
async function host(): Promise<void> {
  const webgpu = () => createGpu(["backend=null"]);
  const training = await trainBench(webgpu(), "S", "off");
  report("host, train S", {
    "ms per step": await median(() => training.step(), 200),
    dispatches: training.dispatches,
  });
  training.gpu.close();
  const sampling = await sampleBench(webgpu(), "S", "off");
  const perRollout = await median(() => sampling.generate().catch(() => 0), 50);
  report("host, sample S", {
    "ms per position": perRollout / sampling.positions,
    "dispatches per position": sampling.dispatches,
  });
  sampling.gpu.close();
}

const benches: Record<string, () => Promise<void>> = { train, kernels, sample, matmul, host };
const unknown = wanted.find((what) => !Object.hasOwn(benches, what));
if (unknown !== undefined) {
  print(`there is no benchmark ${unknown}; there are ${Object.keys(benches).join(", ")}`);
  exit(1);
}
ensureDriver();
for (const [name, bench] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) await bench();
exit(0);
