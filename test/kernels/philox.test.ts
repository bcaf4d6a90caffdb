import { describe, expect, test } from "vitest";
import library from "../../shaders/lib/philox.wgsl?raw";
import { expandIncludes } from "../../src/gpu/include.ts";
import { type Counter, philox } from "../../src/random.ts";
import { asWords } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { PHILOX_KNOWN_ANSWERS } from "../support/philox.ts";
import { integers } from "../support/random.ts";
import knownAnswers from "./philox_known_answers.wgsl?raw";

const SPEC = {
  id: "test/philox_known_answers",
  code: expandIncludes("main", (path) => (path === "main" ? knownAnswers : library)),
  bindings: { counter: "read", key: "read", answer: "read_write", uniform_number: "read_write" },
  params: {},
} as const;

describe("philox", () => {
  const gpu = useGpu();

  async function run(counter: Uint32Array, key: Uint32Array) {
    const count = counter.length / 4;
    const { answer, uniform_number } = await runKernels(gpu(), {
      inputs: { counter, key },
      outputs: { answer: 4 * count, uniform_number: count },
      build: (program, slices) => void program.add(gpu().pipelines.get(SPEC), slices, {}, [count]),
    });
    return { answer: asWords(answer), uniform: uniform_number };
  }

  test.each(PHILOX_KNOWN_ANSWERS)("known answer for counter $counter", async ({ counter, key, answer }) => {
    const result = await run(Uint32Array.from(counter), Uint32Array.from(key));
    expect([...result.answer]).toEqual(answer);
  });

  test("the shader and src/random.ts are twins", async () => {
    const count = 1000;
    const counter = integers(1, 4 * count, 0, 2 ** 32);
    const key = integers(2, 2 * count, 0, 2 ** 32);
    const { answer, uniform } = await run(counter, key);
    for (let i = 0; i < count; i++) {
      const words = philox([...counter.subarray(4 * i, 4 * i + 4)] as unknown as Counter, [
        key[2 * i]!,
        key[2 * i + 1]!,
      ]);
      expect([...answer.subarray(4 * i, 4 * i + 4)]).toEqual(words);
      expect(uniform[i]).toBe((words[0] >>> 8) / 2 ** 24);
    }
  });
});
