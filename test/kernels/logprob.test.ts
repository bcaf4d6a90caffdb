import { describe, test } from "vitest";
import { addLogprob, addLogprobBackward, NO_TOKEN } from "../../src/kernels/logprob.ts";
import { logprobBackward, logprobForward } from "../reference/logprob.ts";
import { expectClose, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { padRows } from "../support/padding.ts";
import { normals } from "../support/random.ts";

// Vocabularies up to 256, up to 4096 and above give a row 1, 8 and 64 lanes: 64, 8 and 1 rows to a workgroup.
const SHAPES = [
  { rows: 1, vocabulary: 2, stride: 4, excluded: NO_TOKEN, temperature: 1 },
  { rows: 63, vocabulary: 29, stride: 32, excluded: 3, temperature: 0.7 },
  { rows: 64, vocabulary: 64, stride: 64, excluded: NO_TOKEN, temperature: 1 },
  { rows: 65, vocabulary: 256, stride: 256, excluded: 255, temperature: 1.3 },
  { rows: 7, vocabulary: 257, stride: 260, excluded: 256, temperature: 1 },
  { rows: 8, vocabulary: 300, stride: 512, excluded: 0, temperature: 0.5 },
  { rows: 9, vocabulary: 4096, stride: 4096, excluded: NO_TOKEN, temperature: 1.7 },
  { rows: 3, vocabulary: 5003, stride: 5004, excluded: 5002, temperature: 1 },
  { rows: 70_001, vocabulary: 5, stride: 8, excluded: 2, temperature: 1.1 },
];

/** Targets that are never the excluded token; every third row has none. */
function targets(rows: number, vocabulary: number, excluded: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: rows }, (_, r) => {
    if (r % 3 === 2) return NO_TOKEN;
    const token = (r * 7919) % vocabulary;
    return token === excluded ? (token + 1) % vocabulary : token;
  });
}

describe("logprob", () => {
  const gpu = useGpu();

  test.each(SHAPES)(
    "forward, $rows rows of $vocabulary, excluded $excluded, temperature $temperature",
    async ({ rows, temperature, ...shape }) => {
      const logits = normals(1, rows * shape.vocabulary, 3);
      const target_token = targets(rows, shape.vocabulary, shape.excluded);
      const result = await runKernels(gpu(), {
        inputs: { logits: padRows(logits, shape.vocabulary, shape.stride), target_token },
        outputs: { logprob: rows, lse: rows, entropy: rows },
        extent: [rows],
        build: (program, slices) => addLogprob(program, gpu(), slices, shape, temperature),
      });
      const expected = logprobForward(Float64Array.from(logits), target_token, { ...shape, temperature });
      expectClose("logprob", result.logprob, expected.logprob, TOLERANCE.softmax);
      expectClose("lse", result.lse, expected.lse, TOLERANCE.softmax);
      expectClose("entropy", result.entropy, expected.entropy, TOLERANCE.softmax);
    },
  );

  test("forward of logits so far apart that all but one probability vanish", async () => {
    const shape = { vocabulary: 4, stride: 4, excluded: 3, temperature: 1 };
    const result = await runKernels(gpu(), {
      inputs: { logits: Float32Array.of(-3e4, 2e4, 1e4, 1e9), target_token: Uint32Array.of(1) },
      outputs: { logprob: 1, lse: 1, entropy: 1 },
      extent: [1],
      build: (program, slices) => addLogprob(program, gpu(), slices, shape, 1),
    });
    const all = [...result.logprob, ...result.lse, ...result.entropy];
    expectClose("logprob, lse, entropy", all, [0, 2e4, 0], TOLERANCE.exact);
  });

  test.each(SHAPES)(
    "backward, $rows rows of $vocabulary, excluded $excluded, temperature $temperature",
    async ({ rows, temperature, ...shape }) => {
      const values = normals(1, rows * shape.vocabulary, 3);
      const target_token = targets(rows, shape.vocabulary, shape.excluded);
      const [dlogprob, dentropy] = [normals(2, rows), normals(3, rows)];
      const distribution = { ...shape, temperature };
      const forward = logprobForward(Float64Array.from(values), target_token, distribution);
      const { logits } = await runKernels(gpu(), {
        inputs: {
          target_token,
          lse: Float32Array.from(forward.lse),
          entropy: Float32Array.from(forward.entropy),
          dlogprob,
          dentropy,
        },
        outputs: { logits: padRows(values, shape.vocabulary, shape.stride) },
        extent: [rows],
        build: (program, slices) => addLogprobBackward(program, gpu(), slices, shape, temperature),
      });
      const dlogits = logprobBackward(
        Float64Array.from(values),
        target_token,
        distribution,
        Float64Array.from(dlogprob),
        Float64Array.from(dentropy),
      );
      // The matmul that comes next relies on zeros in the padding.
      const expected = padRows(Float32Array.from(dlogits), shape.vocabulary, shape.stride, 0);
      expectClose("dlogits", logits, expected, TOLERANCE.softmaxGradient);
    },
  );
});
