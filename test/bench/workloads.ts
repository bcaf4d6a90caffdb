/** The workloads S and M of the rivals' benchmark (shared/bench/common/util.mjs), run by bellows. */
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { type KernelTime, KernelTimer } from "../../src/gpu/timing.ts";
import { nodeWaiter } from "../../src/host/node.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { initialParameters } from "../../src/model/init.ts";
import { Learner } from "../../src/model/learner.ts";
import { Model } from "../../src/model/model.ts";
import { defaultVariants, measureVariants, pinVariants } from "../../src/model/variants.ts";
import { STREAM } from "../../src/random.ts";

/** B sequences of T tokens; L layers of width D with H heads and an MLP of F; V tokens. */
export const WORKLOADS = {
  S: { L: 2, D: 64, H: 4, F: 256, V: 64, B: 32, T: 64 },
  M: { L: 4, D: 128, H: 4, F: 512, V: 64, B: 32, T: 128 },
} as const;

export type WorkloadName = keyof typeof WORKLOADS;
export type Workload = { readonly [name in keyof (typeof WORKLOADS)["S"]]: number };

const ADAMW = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, gradientClip: 1 };
const NO_TOKEN = 0xffff_ffff;

export function configOf(w: Workload): ModelConfig {
  return {
    vocab_size: w.V,
    hidden_size: w.D,
    intermediate_size: w.F,
    num_hidden_layers: w.L,
    num_attention_heads: w.H,
    num_key_value_heads: w.H,
    head_dim: w.D / w.H,
    max_position_embeddings: w.T,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    ...DEFAULT_ARCHITECTURE,
  };
}

/**
 * Floating point operations of one training step, as the rivals' benchmark counts them (forward and backward are three
 * times forward, attention not halved for causality), with the three matrices of SwiGLU.
 */
export function trainFlops(w: Workload): number {
  const perToken = w.L * (2 * 4 * w.D * w.D + 2 * 3 * w.D * w.F) + 2 * w.D * w.V;
  return 3 * w.B * w.T * (perToken + w.L * 2 * 2 * w.T * w.D);
}

/** The rivals' synthetic text: next = (3 · current + 7) mod V nine times in ten. */
function makeData(w: Workload) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const token = new Uint32Array(w.B * w.T);
  const target = new Uint32Array(w.B * w.T);
  for (let b = 0; b < w.B; b++) {
    let current = Math.floor(random() * w.V);
    for (let t = 0; t < w.T; t++) {
      token[b * w.T + t] = current;
      current = random() < 0.9 ? (current * 3 + 7) % w.V : Math.floor(random() * w.V);
      target[b * w.T + t] = current;
    }
  }
  return { token, target };
}

/** How kernels are chosen: measured, assumed, or pinned by name. */
async function variantsOf(gpu: Gpu, config: ModelConfig, choice: string) {
  if (choice === "auto") return measureVariants(gpu, config);
  return choice === "off" ? defaultVariants(gpu) : pinVariants(gpu, choice, defaultVariants(gpu));
}

export interface TrainBench {
  readonly gpu: Gpu;
  readonly parameters: number;
  readonly tokens: number;
  readonly dispatches: number;
  /** One step, forward to AdamW; resolves with the loss once it is read back. */
  step(): Promise<number>;
  /** GPU time of each kernel over one step. */
  profile(): Promise<KernelTime[]>;
}

/** A training step ready to run: cross-entropy on the rivals' data, AdamW, clipping. */
export async function trainBench(webgpu: GPU, name: WorkloadName, choice = "auto"): Promise<TrainBench> {
  const gpu = await openGpu(webgpu, { waiterFor: nodeWaiter });
  const w = WORKLOADS[name];
  const config = configOf(w);
  const variants = await variantsOf(gpu, config, choice);
  const rows = w.B * w.T;
  const model = new Model(gpu, {
    config,
    variants,
    batchTokens: rows,
    excludedToken: NO_TOKEN,
    endToken: NO_TOKEN,
  });
  model.writeParameters(initialParameters(config, 42));
  const pass = model.trainingPass({ kind: "crossentropy" });
  const learner = new Learner(model, pass, model.optimizer());
  await gpu.pipelines.ready();
  const { token, target } = makeData(w);
  const batch = {
    token,
    target,
    position: Uint32Array.from({ length: rows }, (_, i) => i % w.T),
    lengths: Array.from({ length: w.B }, () => w.T),
    lossInput: new Float32Array(rows).fill(1 / rows),
  };
  const dispatches = pass.length + learner.optimizer.length;
  return {
    gpu,
    parameters: model.context.table.count,
    tokens: rows,
    dispatches,
    async step() {
      const { statistics } = await learner.update([batch], ADAMW, 1e-3);
      let loss = 0;
      for (let at = 0; at < statistics.length; at += 16) loss += statistics[at]!;
      return loss;
    },
    async profile() {
      const timer = new KernelTimer(gpu, dispatches);
      pass.write(batch, false);
      learner.optimizer.prepare(ADAMW, 1e-3);
      const encoder = gpu.device.createCommandEncoder();
      pass.encode(encoder, timer);
      learner.optimizer.program.encode(encoder, 0, timer);
      timer.resolve(encoder);
      gpu.device.queue.submit([encoder.finish()]);
      const times = await timer.read();
      timer.destroy();
      return times;
    },
  };
}

export interface SampleBench {
  readonly gpu: Gpu;
  readonly sequences: number;
  readonly positions: number;
  /** Dispatches per position. */
  readonly dispatches: number;
  /** Samples all positions of all sequences; resolves with the number of tokens. */
  generate(): Promise<number>;
}

/** Batched sampling of T − 1 tokens after a prompt of one, with no end token, as the rivals do it. */
export async function sampleBench(webgpu: GPU, name: WorkloadName, choice = "auto"): Promise<SampleBench> {
  const gpu = await openGpu(webgpu, { waiterFor: nodeWaiter });
  const w = WORKLOADS[name];
  const config = configOf(w);
  const variants = await variantsOf(gpu, config, choice);
  const model = new Model(gpu, {
    config,
    variants,
    batchTokens: 64,
    excludedToken: NO_TOKEN,
    endToken: NO_TOKEN,
  });
  model.writeParameters(initialParameters(config, 42));
  const positions = w.T - 1;
  const decoder = model.decoder({ sequences: w.B, promptTokens: 1, responseTokens: positions });
  await gpu.pipelines.ready();
  let step = 0;
  return {
    gpu,
    sequences: w.B,
    positions,
    dispatches: decoder.length,
    async generate() {
      step += 1;
      const { tokens } = await decoder.decode({
        prompts: [[0]],
        promptOf: new Uint32Array(w.B),
        randomId: Uint32Array.from({ length: w.B }, (_, i) => i),
        cap: positions,
        temperature: 1,
        seed: 1,
        stream: STREAM.trial,
        step,
      });
      return tokens.reduce((sum, response) => sum + response.length, 0);
    },
  };
}
