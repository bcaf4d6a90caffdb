import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { readOnce } from "../../src/gpu/readback.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadWeights } from "../../src/io/checkpoint.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import type { PackedBatch } from "../../src/model/batch.ts";
import { logitStride } from "../../src/model/config.ts";
import { Model } from "../../src/model/model.ts";
import { Scorer } from "../../src/model/scorer.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import { STREAM } from "../../src/random.ts";
import { useGpu } from "../support/gpu.ts";

// What test/fixtures/io/make_models.py computed with Hugging Face transformers in single precision.
const FIXTURES = new URL("../fixtures/io/models/", import.meta.url);
const LIMIT = 1e-4;

interface Expected {
  readonly name: string;
  readonly tokens: readonly (readonly number[])[];
  readonly greedy: readonly number[];
  /** Where its logits begin and end in expected.bin, in floats. */
  readonly logits: readonly [number, number];
}

const { models }: { models: Expected[] } = JSON.parse(
  readFileSync(new URL("expected.json", FIXTURES), "utf8"),
);
const LOGITS = new Float32Array(new Uint8Array(readFileSync(new URL("expected.bin", FIXTURES))).buffer);

describe("published architectures against transformers", () => {
  const gpu = useGpu();

  test.each(models)(
    "$name: logits, and the text of greedy decoding",
    async ({ name, tokens, ...expected }) => {
      const model = await open(gpu(), name);
      const scorer = new Scorer(model, model.trained, 1);
      const capacity = { sequences: 1, promptTokens: 8, responseTokens: expected.greedy.length };
      const decoder = model.decoder(capacity);
      await gpu().pipelines.ready();
      await gpu().scoped(() => scorer.score(packed(tokens)));
      const { config } = model.context;
      const [stride, rows] = [logitStride(config), tokens.flat().length];
      const logits = new Float32Array(await readOnce(gpu(), model.activations.logits));
      const right = LOGITS.subarray(...expected.logits);
      expect(right).toHaveLength(rows * config.vocab_size);
      const largest = right.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
      let difference = 0;
      for (const [i, logit] of right.entries()) {
        const place = Math.floor(i / config.vocab_size) * stride + (i % config.vocab_size);
        difference = Math.max(difference, Math.abs(logits[place]! - logit));
      }
      expect(difference / largest).toBeLessThan(LIMIT);

      const decoded = await decoder.decode({
        prompts: [tokens[0]!],
        promptOf: Uint32Array.of(0),
        randomId: Uint32Array.of(0),
        cap: capacity.responseTokens,
        temperature: 0,
        seed: 1,
        stream: STREAM.trial,
        step: 0,
      });
      expect([...decoded.tokens[0]!]).toEqual(expected.greedy);
    },
  );
});

async function open(gpu: Gpu, name: string): Promise<Model> {
  const { config, parameters } = await loadWeights(new NodeStorage(fileURLToPath(FIXTURES)), name);
  const variants = defaultVariants(gpu);
  const model = new Model(gpu, {
    config,
    variants,
    batchTokens: 64,
    excludedToken: NO_TOKEN,
    endToken: NO_TOKEN,
  });
  model.writeParameters(parameters);
  return model;
}

function packed(sequences: readonly (readonly number[])[]): PackedBatch {
  const token = Uint32Array.from(sequences.flat());
  return {
    token,
    position: Uint32Array.from(sequences.flatMap((sequence) => [...sequence.keys()])),
    target: new Uint32Array(token.length).fill(NO_TOKEN),
    lengths: sequences.map((sequence) => sequence.length),
    lossInput: new Float32Array(token.length),
  };
}
