import type { Slice } from "../gpu/buffers.ts";
import type { Decoder } from "../model/decoder.ts";
import { Scorer } from "../model/scorer.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import { decodeCapacity } from "./capacity.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";

/** Whether a run under this config measures from, or samples with, a policy that is not the one that learns. */
export function needsReference({ rl, method }: Config): boolean {
  const { sampler, referenceGroup, needsReference: isMeasuredFrom } = traitsOf(method.name);
  return (
    rl.klKind !== "none" || sampler === "reference" || referenceGroup === true || isMeasuredFrom === true
  );
}

/**
 * The policy as it once was: at the start, or at the last refresh. The KL penalty and DPO are measured from it, and methods that
 * learn from a data set sample with it.
 */
export class ReferencePolicy {
  readonly scorer: Scorer;
  /** Absent where nothing is sampled with it. */
  readonly decoder: Decoder | undefined;
  readonly #engine: Engine;
  readonly #trained: Slice;
  #isRefreshed = false;

  /** @param parameters of the starting policy, those that are trained: with adapters theirs, as both policies share the rest. */
  constructor(engine: Engine, parameters: Float32Array<ArrayBuffer>) {
    const { model, config, task, gpu } = engine;
    this.#engine = engine;
    this.#trained = model.copyOfTrained("reference policy");
    gpu.device.queue.writeBuffer(this.#trained.buffer, 0, parameters);
    this.scorer = new Scorer(model, this.#trained, config.rl.temperature);
    const { sampler, referenceGroup } = traitsOf(config.method.name);
    if (sampler === "reference" || referenceGroup === true) {
      this.decoder = model.decoder(decodeCapacity(config, task), this.#trained);
    }
  }

  /** Becomes what the policy is now. */
  refresh(): void {
    const { model, gpu } = this.#engine;
    const encoder = gpu.device.createCommandEncoder({ label: "refresh" });
    encoder.copyBufferToBuffer(model.trained.buffer, 0, this.#trained.buffer, 0, this.#trained.size);
    gpu.device.queue.submit([encoder.finish()]);
    this.#isRefreshed = true;
  }

  /** Goes on with the parameters of an earlier refresh. */
  restore(parameters: Float32Array<ArrayBuffer>): void {
    this.#engine.gpu.device.queue.writeBuffer(this.#trained.buffer, 0, parameters);
    this.#isRefreshed = true;
  }

  /** What a snapshot must hold of it; null while it is the starting policy, which the run keeps anyway. */
  async read(): Promise<Float32Array<ArrayBuffer> | null> {
    return this.#isRefreshed ? this.#engine.model.readFlat(this.#trained) : null;
  }
}
