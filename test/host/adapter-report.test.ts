import { describe, expect, it } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import {
  type AdapterReport,
  doctorReport,
  doctorText,
  largestModel,
  type Versions,
} from "../../src/host/adapter-report.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { Gradients } from "../../src/model/gradients.ts";
import { ParameterTable } from "../../src/model/parameters.ts";

const VERSIONS: Versions = {
  bellows: "0.1.0",
  host: "Node 20.19.0",
  webgpu: "webgpu 0.6.2",
  platform: "linux x64",
};

/** WebGPU's default limits (the specification, section 3.6.2). */
const DEFAULT_LIMITS = {
  maxStorageBufferBindingSize: 134_217_728,
  maxBufferSize: 268_435_456,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65_535,
};

interface FakeAdapter {
  readonly features?: readonly GPUFeatureName[];
  readonly limits?: Partial<typeof DEFAULT_LIMITS>;
  readonly info?: Partial<GPUAdapterInfo>;
}

/** An adapter that is only described; its device has the features and limits that it was asked for. */
function fakeAdapter({ features = [], limits = {}, info = {} }: FakeAdapter): GPUAdapter {
  return {
    features: new Set(features),
    limits: { ...DEFAULT_LIMITS, ...limits },
    info: { vendor: "acme", architecture: "anvil", device: "7", description: "acme driver 1.0", ...info },
    requestDevice: async ({ requiredFeatures = [], requiredLimits = {} }: GPUDeviceDescriptor) => ({
      features: new Set(requiredFeatures),
      limits: { ...DEFAULT_LIMITS, ...requiredLimits },
      lost: new Promise(() => {}),
      addEventListener: () => {},
    }),
  } as unknown as GPUAdapter;
}

function open(adapter: GPUAdapter): Promise<Gpu> {
  return openGpu({ requestAdapter: async () => adapter } as unknown as GPU);
}

async function reportOn(fake: FakeAdapter): Promise<AdapterReport> {
  const adapter = fakeAdapter(fake);
  return doctorReport(await open(adapter), adapter, VERSIONS);
}

const LAVAPIPE: FakeAdapter = {
  features: ["subgroups", "timestamp-query", "shader-f16"],
  limits: { maxBufferSize: 2 ** 32 - 1 },
  info: { description: "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)", subgroupMinSize: 8, subgroupMaxSize: 8 },
};

describe("the report", () => {
  it("finds everything that a good adapter offers", async () => {
    const report = await reportOn(LAVAPIPE);
    expect(report.adapter.software).toBe(true);
    expect(report.timing).toBe(true);
    expect(report.variants).toEqual({
      matmul: ["subgroup", "register", "workgroup"],
      attention: ["subgroup", "direct"],
    });
    expect(report.features.every((feature) => feature.offered)).toBe(true);
    expect(report.capacity).toEqual({
      parameters: 2 ** 30 - 1,
      weight: 2 ** 25,
      logits: 2 ** 25,
      microBatchTokens: 32_768,
    });
  });

  it.each([
    ["no subgroups", { info: { subgroupMinSize: 32, subgroupMaxSize: 32 } }],
    ["subgroups too narrow", { features: ["subgroups"], info: { subgroupMinSize: 4, subgroupMaxSize: 32 } }],
  ] as const)("leaves out subgroup variants: %s", async (_, fake) => {
    const report = await reportOn(fake);
    expect(report.variants).toEqual({ matmul: ["register", "workgroup"], attention: ["direct"] });
    expect(doctorText(report)).toContain("Subgroup variants cannot run");
  });

  it("is plain data", async () => {
    const report = await reportOn(LAVAPIPE);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("calls used exactly what openGpu asks for", async () => {
    const features: GPUFeatureName[] = [
      "subgroups",
      "timestamp-query",
      "shader-f16",
      "indirect-first-instance",
    ];
    const limits = Object.entries(DEFAULT_LIMITS).map(([name, value]) => [name, value * 2] as const);
    const fake: FakeAdapter = { features, limits: Object.fromEntries(limits) };
    const gpu = await open(fakeAdapter(fake));
    const report = await reportOn(fake);
    for (const { name, used } of report.features) expect(gpu.has(name), name).toBe(used);
    for (const { name, used, value, webgpuDefault } of report.limits) {
      expect(gpu.device.limits[name], name).toBe(used ? value : webgpuDefault);
    }
  });

  it("knows WebGPU's default limits", async () => {
    for (const { name, webgpuDefault } of (await reportOn({})).limits)
      expect(webgpuDefault, name).toBe(DEFAULT_LIMITS[name]);
  });
});

describe("the text", () => {
  it("tells adapter, features, limits and their meaning", async () => {
    const text = doctorText(await reportOn(LAVAPIPE));
    for (const line of [
      /^bellows 0\.1\.0 on Node 20\.19\.0, linux x64; webgpu 0\.6\.2$/m,
      /^ {2}driver +llvmpipe: Mesa 25\.0\.7 \(LLVM 15\.0\.6\)$/m,
      /^ {2}kind +software/m,
      /^ {2}subgroups +8 lanes$/m,
      /^ {2}shader-f16 +yes +yes /m,
      /^ {2}maxStorageBufferBindingSize +128 MiB +128 MiB /m,
      /^ {2}maxBufferSize +4 GiB +256 MiB /m,
      /^ {2}Models of up to 1,073,741,823 parameters/m,
      /vocabulary × width, may have more than 33,554,432 \(maxStorage/,
      /32,768 tokens,\n.*vocabulary of up to 1,024; 220 tokens with Qwen2's/,
      /^ {2}Single kernels can be timed\.$/m,
    ]) {
      expect(text).toMatch(line);
    }
  });

  it("tells what a weak adapter cannot do", async () => {
    const text = doctorText(await reportOn({ info: { subgroupMinSize: 4, subgroupMaxSize: 64 } }));
    expect(text).toContain("Single kernels cannot be timed");
    expect(text).toMatch(/^ {2}kind +hardware$/m);
    expect(text).toMatch(/^ {2}subgroups +4 to 64 lanes$/m);
    expect(text).not.toContain("software adapter");
  });

  it("has no line that a terminal of 110 columns would break", async () => {
    for (const line of doctorText(await reportOn(LAVAPIPE)).split("\n"))
      expect(line.length, line).toBeLessThanOrEqual(110);
  });
});

describe("the largest model", () => {
  /** One layer of width 256, and as large a vocabulary as it takes. */
  function modelOf(parameters: number): ParameterTable {
    const config: ModelConfig = {
      vocab_size: 1,
      hidden_size: 256,
      intermediate_size: 512,
      num_hidden_layers: 1,
      num_attention_heads: 4,
      num_key_value_heads: 4,
      head_dim: 64,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-6,
      rope_theta: 1e4,
      ...DEFAULT_ARCHITECTURE,
    };
    const rest = new ParameterTable(config).totalFloats - config.hidden_size;
    return new ParameterTable({
      ...config,
      vocab_size: Math.floor((parameters - rest) / config.hidden_size),
    });
  }

  /** Bytes of the largest buffer that training takes. */
  function largestBuffer(table: ParameterTable): number {
    const sizes: number[] = [];
    const storage = (_: string, size: number) => {
      sizes.push(size);
      return { size };
    };
    new Gradients({ buffers: { storage } } as unknown as Gpu, table);
    return Math.max(...sizes);
  }

  it("fills the largest buffer, and a row of embeddings more would burst it", () => {
    const most = largestModel(DEFAULT_LIMITS);
    expect(most).toBe(2 ** 26);
    const limit = DEFAULT_LIMITS.maxBufferSize;
    expect(largestBuffer(modelOf(most))).toBeLessThanOrEqual(limit);
    expect(largestBuffer(modelOf(most + 256))).toBeGreaterThan(limit);
  });
});
