import { BellowsError } from "../errors.ts";
import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { Program } from "../gpu/program.ts";
import { type AttentionVariant, addAttention, attentionTiles, TILE_ROWS } from "../kernels/attention.ts";
import { addMatmulNt, type MatmulVariant } from "../kernels/matmul.ts";
import { headLayout, type ModelConfig } from "./config.ts";
import { qkvFloats } from "./parameters.ts";

/** Which variant of a kernel to run, where there are several. All give the same bits: only speed is at stake. */
export interface Variants {
  /** Matmuls over the many rows of a training batch. */
  readonly matmul: MatmulVariant;
  /** Matmuls over the few rows of a decode position. */
  readonly decodeMatmul: MatmulVariant;
  readonly attention: AttentionVariant;
}

/** Where measured choices are kept from one start to the next. */
export interface VariantCache {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}

/** The variants that this device can run, the one to assume without measuring first. */
export function candidates(gpu: Gpu): { matmul: MatmulVariant[]; attention: AttentionVariant[] } {
  const wide = gpu.has("subgroups") && gpu.adapter.subgroupMinSize >= 8;
  if (!wide) return { matmul: ["register", "workgroup"], attention: ["direct"] };
  return gpu.adapter.software
    ? { matmul: ["subgroup", "register", "workgroup"], attention: ["subgroup", "direct"] }
    : { matmul: ["register", "subgroup", "workgroup"], attention: ["direct", "subgroup"] };
}

/** What to assume without measuring. */
export function defaultVariants(gpu: Gpu): Variants {
  const { matmul, attention } = candidates(gpu);
  return { matmul: matmul[0]!, decodeMatmul: matmul[0]!, attention: attention[0]! };
}

/**
 * Reads a choice like `matmul=register,attention=direct`; what it leaves out is taken from `base`.
 * @throws BellowsError `config-invalid` for an unknown name, or a variant that this device cannot run.
 */
export function pinVariants(gpu: Gpu, text: string, base: Variants): Variants {
  const { matmul, attention } = candidates(gpu);
  const possible: Record<string, readonly string[]> = { matmul, decodeMatmul: matmul, attention };
  const pinned: Record<string, string> = { ...base };
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=");
    if (!possible[name]?.includes(value)) {
      const choices = Object.entries(possible).map(([key, values]) => `${key}=${values.join("|")}`);
      throw new BellowsError(
        "config-invalid",
        `"${part}" is no kernel variant; this device can run ${choices.join(", ")}`,
        {
          field: "variants",
        },
      );
    }
    pinned[name] = value;
  }
  return pinned as unknown as Variants;
}

/** Rows of a training batch and of a decode position that the measurement stands for. */
const TRAINING_ROWS = 2048;
const DECODE_ROWS = 64;
const SEGMENT = 64;
const ROUNDS = 3;
/** A candidate is chosen over an earlier one only if it is faster by this factor, so that noise changes nothing. */
const MARGIN = 0.95;

/** Measures each kernel family on this device at the model's own widths, or takes the choice from the cache. */
export async function measureVariants(
  gpu: Gpu,
  config: ModelConfig,
  cache?: VariantCache,
): Promise<Variants> {
  const { matmul, attention } = candidates(gpu);
  const key = [
    gpu.adapter.key,
    config.hidden_size,
    config.intermediate_size,
    config.head_dim,
    matmul,
    attention,
  ].join("|");
  const known = await cache?.get(key);
  if (known) {
    try {
      return pinVariants(gpu, known, defaultVariants(gpu));
    } catch {
      // A choice of another version of bellows: measure again.
    }
  }
  const variants: Variants = {
    matmul: await fastest(gpu, matmul, (program, variant) =>
      matmulProbe(program, gpu, variant, config, TRAINING_ROWS),
    ),
    decodeMatmul: await fastest(gpu, matmul, (program, variant) =>
      matmulProbe(program, gpu, variant, config, DECODE_ROWS),
    ),
    attention: await fastest(gpu, attention, (program, variant) =>
      attentionProbe(program, gpu, variant, config),
    ),
  };
  const text = Object.entries(variants).map(([name, value]) => `${name}=${value}`);
  await cache?.set(key, text.join(","));
  return variants;
}

/** Builds a probe and returns its rows and the buffers to free. */
type Probe<V> = (program: Program, variant: V) => { rows: number; slices: Slice[] };

async function fastest<V>(gpu: Gpu, variants: readonly V[], build: Probe<V>): Promise<V> {
  if (variants.length === 1) return variants[0]!;
  const probes = variants.map((variant) => {
    const program = new Program(gpu, "probe");
    return { variant, program, best: Number.POSITIVE_INFINITY, ...build(program, variant) };
  });
  await gpu.pipelines.ready();
  // The first round warms up; rounds alternate, so that drift meets all alike.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const probe of probes) {
      const time = await timeOf(gpu, probe.program, probe.rows);
      if (round > 0) probe.best = Math.min(probe.best, time);
    }
  }
  for (const { program, slices } of probes) {
    program.destroy();
    for (const slice of slices) gpu.buffers.destroy(slice);
  }
  return probes.reduce((best, probe) => (probe.best < best.best * MARGIN ? probe : best)).variant;
}

/** Milliseconds that a program takes. */
async function timeOf(gpu: Gpu, program: Program, rows: number): Promise<number> {
  const begin = performance.now();
  const encoder = gpu.device.createCommandEncoder({ label: "probe" });
  program.encode(encoder, rows);
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.idle(); // sync point
  return performance.now() - begin;
}

/** Floating-point operations a second of a model's largest matmul over so many rows. */
export async function matmulRate(
  gpu: Gpu,
  variant: MatmulVariant,
  config: ModelConfig,
  rows: number,
): Promise<number> {
  const program = new Program(gpu, "probe");
  const { slices } = matmulProbe(program, gpu, variant, config, rows);
  await gpu.pipelines.ready();
  await timeOf(gpu, program, rows); // warms up
  const time = Math.min(await timeOf(gpu, program, rows), await timeOf(gpu, program, rows));
  program.destroy();
  for (const slice of slices) gpu.buffers.destroy(slice);
  const { outputs, inputs } = probeShape(config);
  return (PROBE_MATMULS * 2 * rows * outputs * inputs) / (time / 1000);
}

const PROBE_MATMULS = 4;

function probeShape(config: ModelConfig) {
  return { outputs: 2 * config.intermediate_size, inputs: config.hidden_size };
}

function matmulProbe(program: Program, gpu: Gpu, variant: MatmulVariant, config: ModelConfig, rows: number) {
  const shape = probeShape(config);
  const floats = (label: string, count: number) => gpu.buffers.storage(`probe ${label}`, count * 4);
  const inp = floats("input", rows * shape.inputs);
  const weight = floats("weight", shape.outputs * shape.inputs);
  const out = floats("output", rows * shape.outputs);
  const extent = gpu.buffers.uniform("probe extent", 16);
  gpu.device.queue.writeBuffer(extent.buffer, 0, Uint32Array.of(rows, 0, 0, 0));
  for (let i = 0; i < PROBE_MATMULS; i++)
    addMatmulNt(program, gpu, variant, { inp, weight, out, extent }, shape);
  return { rows, slices: [inp, weight, out, extent] };
}

function attentionProbe(program: Program, gpu: Gpu, variant: AttentionVariant, config: ModelConfig) {
  const floats = (label: string, count: number) => gpu.buffers.storage(`probe ${label}`, count * 4);
  const lengths = Array.from({ length: TRAINING_ROWS / SEGMENT }, () => SEGMENT);
  const tiles = attentionTiles(lengths, TILE_ROWS[variant]);
  const layout = headLayout(config);
  const qkv = floats("qkv", TRAINING_ROWS * qkvFloats(config));
  const tile = floats("tiles", tiles.length);
  const out = floats("attention", TRAINING_ROWS * layout.heads * layout.headDim);
  const lse = floats("lse", TRAINING_ROWS * layout.heads);
  gpu.device.queue.writeBuffer(tile.buffer, 0, tiles);
  addAttention(program, gpu, variant, { qkv, tile, out, lse }, layout, () => tiles.length / 4);
  return { rows: TRAINING_ROWS, slices: [qkv, tile, out, lse] };
}
