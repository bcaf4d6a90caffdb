import type { Slice } from "../gpu/buffers.ts";
import { Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import type { PackedBatch } from "./batch.ts";
import { addForward, policyOf } from "./forward.ts";
import type { Model } from "./model.ts";

/** Log-prob and entropy of every target of a batch, in nats; 0 where a row has no target. All [rows]. */
export interface Scores {
  readonly logprob: Float32Array;
  readonly entropy: Float32Array;
}

/** The forward pass alone, for given weights: what a policy thinks of tokens that it need not have sampled. */
export class Scorer {
  readonly #model: Model;
  readonly #program: Program;
  readonly #readback: Readback;

  /** @param trained parameters of the policy: those of the model or another set of them, e.g. a reference policy. */
  constructor(model: Model, trained: Slice, temperature: number) {
    const { context, batch, activations } = model;
    this.#model = model;
    this.#program = new Program(context.gpu, "score");
    addForward(this.#program, context, policyOf(context, trained), batch, activations, temperature);
    this.#readback = new Readback(context.gpu, "scores", batch.capacity * 8);
  }

  async score(packed: PackedBatch): Promise<Scores> {
    const { context, batch, activations } = this.#model;
    const rows = packed.token.length;
    batch.write(packed, false);
    const encoder = context.gpu.device.createCommandEncoder({ label: "score" });
    this.#program.encode(encoder, rows);
    this.#readback.encode(encoder, activations.logprob, rows * 4);
    this.#readback.encode(encoder, activations.entropy, rows * 4, rows * 4);
    context.gpu.device.queue.submit([encoder.finish()]);
    const bytes = await this.#readback.read(rows * 8);
    return { logprob: new Float32Array(bytes, 0, rows), entropy: new Float32Array(bytes, rows * 4, rows) };
  }
}
