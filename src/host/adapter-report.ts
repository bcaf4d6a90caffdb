/** What an adapter can do, and what that means for bellows. Knows no platform, so that a page can show it too. */
import type { AdapterDescription, Gpu } from "../gpu/device.ts";
import type { AttentionVariant } from "../kernels/attention.ts";
import type { MatmulVariant } from "../kernels/matmul.ts";
import { MAX_BATCH_TOKENS } from "../model/gradients.ts";
import { candidates } from "../model/variants.ts";

/** An optional feature of WebGPU. */
export interface FeatureReport {
  readonly name: GPUFeatureName;
  readonly offered: boolean;
  /** Whether bellows asks for it where it is offered. */
  readonly used: boolean;
  readonly purpose: string;
}

/** A limit of WebGPU. */
export interface LimitReport {
  readonly name: LimitName;
  readonly value: number;
  /** What every WebGPU device gives; bellows gets by with it. */
  readonly webgpuDefault: number;
  /** Whether bellows asks for more than the default where it is offered. */
  readonly used: boolean;
  readonly unit: "bytes" | "";
  readonly purpose: string;
}

/** What the limits allow. */
export interface Capacity {
  /** Most parameters of a model, see {@link largestModel}. */
  readonly parameters: number;
  /** Most elements of a single weight, e.g. of the embedding. */
  readonly weight: number;
  /** Most logits of a micro-batch (tokens × vocabulary), a buffer that is bound whole. */
  readonly logits: number;
  /** Tokens of the largest micro-batch that the kernels take. */
  readonly microBatchTokens: number;
}

export interface Versions {
  readonly bellows: string;
  /** Name and version of what runs it, e.g. `Node 20.19.0`. */
  readonly host: string;
  /** Name and version of the implementation of WebGPU. */
  readonly webgpu: string;
  readonly platform: string;
}

/** Everything that `bellows doctor` tells, as plain data. */
export interface AdapterReport {
  readonly versions: Versions;
  readonly adapter: AdapterDescription;
  readonly features: readonly FeatureReport[];
  readonly limits: readonly LimitReport[];
  readonly capacity: Capacity;
  /** Whether kernels can be timed one by one. */
  readonly timing: boolean;
  /** Variants of kernels that can run here. */
  readonly variants: {
    readonly matmul: readonly MatmulVariant[];
    readonly attention: readonly AttentionVariant[];
  };
}

type LimitName =
  | "maxStorageBufferBindingSize"
  | "maxBufferSize"
  | "maxStorageBuffersPerShaderStage"
  | "maxComputeWorkgroupStorageSize"
  | "maxComputeInvocationsPerWorkgroup"
  | "maxComputeWorkgroupsPerDimension";

const FEATURES: readonly Omit<FeatureReport, "offered">[] = [
  { name: "subgroups", used: true, purpose: "kernel variants in which lanes share rows without memory" },
  { name: "timestamp-query", used: true, purpose: "times of single kernels" },
  { name: "shader-f16", used: true, purpose: "half the memory for weights that are not trained" },
];

const LIMITS: readonly Omit<LimitReport, "value">[] = [
  {
    name: "maxStorageBufferBindingSize",
    webgpuDefault: 128 * 2 ** 20,
    used: true,
    unit: "bytes",
    purpose: "bounds a single weight and a micro-batch",
  },
  {
    name: "maxBufferSize",
    webgpuDefault: 256 * 2 ** 20,
    used: true,
    unit: "bytes",
    purpose: "bounds the parameters of a model",
  },
  {
    name: "maxStorageBuffersPerShaderStage",
    webgpuDefault: 8,
    used: false,
    unit: "",
    purpose: "no kernel binds more than the default",
  },
  {
    name: "maxComputeWorkgroupStorageSize",
    webgpuDefault: 16_384,
    used: false,
    unit: "bytes",
    purpose: "tiles fit the default",
  },
  {
    name: "maxComputeInvocationsPerWorkgroup",
    webgpuDefault: 256,
    used: false,
    unit: "",
    purpose: "workgroups fit the default",
  },
  {
    name: "maxComputeWorkgroupsPerDimension",
    webgpuDefault: 65_535,
    used: false,
    unit: "",
    purpose: "longer grids are folded",
  },
];

/**
 * Most parameters that a model may have: they, their gradient and both moments are a flat buffer each, at 4 bytes a
 * parameter (model/parameters.ts, model/optimizer.ts). Padding takes a few parameters of these.
 */
export function largestModel(limits: Pick<GPUSupportedLimits, "maxBufferSize">): number {
  return Math.floor(limits.maxBufferSize / 4);
}

/** Reports on an adapter, and on the device that `openGpu` got of it. Changes nothing. */
export function doctorReport(gpu: Gpu, adapter: GPUAdapter, versions: Versions): AdapterReport {
  const { features, limits } = adapter;
  const parameters = largestModel(limits);
  const bound = Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 4);
  return {
    versions,
    adapter: gpu.adapter,
    features: FEATURES.map((feature) => ({ ...feature, offered: features.has(feature.name) })),
    limits: LIMITS.map((limit) => ({ ...limit, value: limits[limit.name] })),
    capacity: { parameters, weight: bound, logits: bound, microBatchTokens: MAX_BATCH_TOKENS },
    timing: gpu.has("timestamp-query"),
    variants: candidates(gpu),
  };
}

/** The report for people. */
export function doctorText(report: AdapterReport): string {
  const { versions, adapter, features, limits } = report;
  const { subgroupMinSize: low, subgroupMaxSize: high } = adapter;
  const lanes = !high ? "unknown" : low === high ? `${low} lanes` : `${low} to ${high} lanes`;
  const yes = (value: boolean) => (value ? "yes" : "no");
  return [
    `bellows ${versions.bellows} on ${versions.host}, ${versions.platform}; ${versions.webgpu}`,
    "",
    "Adapter",
    ...table([
      ["vendor", adapter.vendor],
      ["architecture", adapter.architecture],
      ["device", adapter.device],
      ["driver", adapter.description],
      ["kind", adapter.software ? "software, on the processor: many times slower than a GPU" : "hardware"],
      ["subgroups", lanes],
    ]),
    "",
    "Features",
    ...table([
      ["", "offered", "used", ""],
      ...features.map(({ name, offered, used, purpose }) => [name, yes(offered), yes(used), purpose]),
    ]),
    "",
    "Limits",
    ...table([
      ["", "here", "default", ""],
      ...limits.map(({ name, value, webgpuDefault, unit, purpose }) => [
        name,
        amount(value, unit),
        amount(webgpuDefault, unit),
        purpose,
      ]),
    ]),
    "",
    "What this means for bellows",
    ...meaning(report).map((line) => `  ${line}`),
  ].join("\n");
}

/** Vocabulary of Qwen2-0.5B, the smallest model published of this architecture (its config.json). */
const QWEN2_VOCABULARY = 151_936;

function meaning({ capacity, timing, variants, adapter, features }: AdapterReport): string[] {
  const { parameters, weight, logits, microBatchTokens } = capacity;
  const vocabulary = Math.floor(logits / microBatchTokens);
  const qwenTokens = Math.min(microBatchTokens, Math.floor(logits / QWEN2_VOCABULARY));
  const f16 = features.some(({ name, offered }) => name === "shader-f16" && offered);
  const narrow = !variants.matmul.includes("subgroup");
  return [
    `Models of up to ${count(parameters)} parameters can be trained and sampled: parameters, gradient and two moments`,
    "  are each one buffer of 4 bytes a parameter (maxBufferSize / 4). No single weight, e.g. the embedding of",
    `  vocabulary × width, may have more than ${count(weight)} (maxStorageBufferBindingSize / 4).`,
    "  Training takes at least 20 bytes of memory a parameter: these four, a slab of gradients; then activations.",
    `  Beneath adapters (lora.rank) a parameter is not trained, and takes ${f16 ? "4 bytes, or 2" : "4 bytes"}.`,
    `A micro-batch may have up to ${count(logits)} logits, tokens × vocabulary: ${count(microBatchTokens)} tokens,`,
    `  the most there can be, with a vocabulary of up to ${count(vocabulary)}; ${count(qwenTokens)} tokens with Qwen2's.`,
    `Kernel variants: matmul ${variants.matmul.join(", ")}; attention ${variants.attention.join(", ")}.`,
    "  All give the same bits; the fastest is found by measuring at the start.",
    ...(narrow ? ["  Subgroup variants cannot run: they need subgroups of eight lanes or more."] : []),
    f16
      ? "Weights that are not trained may be 16-bit floats (train.weights=f16); what is computed is 32-bit."
      : "Weights are 32-bit floats: there is no shader-f16.",
    timing ? "Single kernels can be timed." : "Single kernels cannot be timed: there is no timestamp-query.",
    ...(adapter.software
      ? ["A software adapter trains the toy presets and runs all tests; speed needs a GPU."]
      : []),
  ];
}

/** Rows of cells, in columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
  );
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}

function amount(value: number, unit: LimitReport["unit"]): string {
  if (unit === "") return count(value);
  const steps = [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const;
  const [name, size] = steps.find(([, size]) => value >= size) ?? ["bytes", 1];
  return `${Number((value / size).toFixed(1))} ${name}`;
}
