import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import {
  AGGREGATIONS,
  type Aggregation,
  type SequenceExtent,
  tokenWeights,
} from "../../src/rl/aggregation.ts";

function unmasked(lengths: readonly number[]): SequenceExtent[] {
  return lengths.map((length) => ({ length, masked: false }));
}

/** Σ_i w_i Σ_t l_it where all tokens of response i have the same loss. */
function lossOf(weights: Float64Array, lengths: readonly number[], tokenLosses: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * lengths[i]! * tokenLosses[i]!, 0);
}

describe("vectors: lengths 10, 20, 30, 40 with token losses −1, −1, 1, 1 and L_max 50", () => {
  const lengths = [10, 20, 30, 40];
  const losses = [-1, -1, 1, 1];

  test.each<{ aggregation: Aggregation; loss: number }>([
    { aggregation: "token-mean", loss: 0.4 },
    { aggregation: "seq-mean-token-mean", loss: 0 },
    { aggregation: "seq-mean-token-sum", loss: 10 },
    { aggregation: "seq-mean-token-sum-norm", loss: 0.2 }, // as TRL's dr_grpo; verl leaves out the 1/B: 0.8
  ])("$aggregation: $loss", ({ aggregation, loss }) => {
    const weights = tokenWeights(unmasked(lengths), aggregation, 50);
    expect(lossOf(weights, lengths, losses)).toBeCloseTo(loss, 14);
  });
});

/** Token losses of each response, from the definition of the mode. */
function fromDefinition(aggregation: Aggregation, losses: readonly number[][], lmax: number): number {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const average = (values: readonly number[]) => sum(values) / values.length;
  switch (aggregation) {
    case "token-mean":
      return average(losses.flat());
    case "seq-mean-token-mean":
      return average(losses.map(average));
    case "seq-mean-token-sum":
      return average(losses.map(sum));
    case "seq-mean-token-sum-norm":
      return average(losses.map((loss) => sum(loss) / lmax));
  }
}

/** Responses with random token losses, a fraction of them masked. */
const batches = fc
  .record({
    lengths: fc.array(fc.record({ length: fc.nat(40), masked: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
    }),
    seed: fc.nat(1000),
  })
  .map(({ lengths: sequences, seed }) => {
    const random = new Random(seed, STREAM.shuffle);
    const losses = sequences.map(({ length }) => Array.from({ length }, () => random.normal()));
    return { sequences, losses, random };
  });

describe.each(AGGREGATIONS)("%s", (aggregation) => {
  test("is the loss of the definition, over the responses that count", () => {
    fc.assert(
      fc.property(batches, ({ sequences, losses }) => {
        const counting = losses.filter((loss, i) => loss.length > 0 && !sequences[i]!.masked);
        fc.pre(counting.length > 0);
        const weights = tokenWeights(sequences, aggregation, 50);
        const loss = losses.flatMap((values, i) => values.map((value) => weights[i]! * value));
        const total = loss.reduce((sum, value) => sum + value, 0);
        expect(total).toBeCloseTo(fromDefinition(aggregation, counting, 50), 10);
      }),
    );
  });

  test("the gradient does not depend on the split into micro-batches of 1, 2 or all, nor on their order", () => {
    fc.assert(
      fc.property(batches, ({ sequences, losses, random }) => {
        // A loss with one shared parameter: its gradient is Σ weight · slope over the tokens of all micro-batches.
        const weights = tokenWeights(sequences, aggregation, 50);
        const order = random.shuffle([...sequences.keys()]);
        const gradient = (microBatch: number) => {
          let sum = 0;
          for (let at = 0; at < order.length; at += microBatch) {
            let partial = 0;
            for (const i of order.slice(at, at + microBatch)) {
              for (const slope of losses[i]!) partial += weights[i]! * slope;
            }
            sum += partial;
          }
          return sum;
        };
        const whole = gradient(order.length);
        expect(gradient(1)).toBeCloseTo(whole, 10);
        expect(gradient(2)).toBeCloseTo(whole, 10);
      }),
    );
  });

  test("a masked response weighs nothing and is in no count", () => {
    const lengths = [10, 20, 30];
    const all = tokenWeights(unmasked(lengths), aggregation, 50);
    const masked = tokenWeights([...unmasked(lengths), { length: 40, masked: true }], aggregation, 50);
    expect([...masked]).toEqual([...all, 0]);
  });

  test("a batch without a response that counts has weights 0, not NaN", () => {
    const nothing = [
      { length: 7, masked: true },
      { length: 0, masked: false },
    ];
    expect(tokenWeights(nothing, aggregation, 50)).toEqual(new Float64Array(2));
    expect(tokenWeights([], aggregation, 50)).toEqual(new Float64Array(0));
  });
});

test("token mean of lengths 10, 10, 10, 100 with advantages 1, 1, −1, −1 is −0.692, not the 0 of split counts", () => {
  const lengths = [10, 10, 10, 100];
  const advantages = [1, 1, -1, -1];
  const weights = tokenWeights(unmasked(lengths), "token-mean", 100);
  expect(lossOf(weights, lengths, advantages)).toBeCloseTo(-0.692, 3);

  // What verl's actor does (issue #5625): denominators of micro-batches, which then count by their responses.
  const split = (size: number) => {
    let sum = 0;
    for (let at = 0; at < 4; at += size) {
      const own = lengths.slice(at, at + size);
      const loss = lossOf(
        tokenWeights(unmasked(own), "token-mean", 100),
        own,
        advantages.slice(at, at + size),
      );
      sum += (loss * size) / 4;
    }
    return sum;
  };
  expect(split(1)).toBeCloseTo(0, 14);
  expect(split(2)).toBeCloseTo(0, 14);
});

test("groups with equal rewards stay in the token-mean denominator, as in the prototype", () => {
  // Two groups of 2: the first mixed, the second solved by both. toy.py: pg.sum() / ln.sum(), live groups only in pg.
  const lengths = [12, 20, 30, 38];
  const advantages = [1, -1, 0, 0];
  const weights = tokenWeights(unmasked(lengths), "token-mean", 80);
  expect(lossOf(weights, lengths, advantages)).toBeCloseTo((12 - 20) / (12 + 20 + 30 + 38), 14);
});

describe("refuses", () => {
  test.each([-1, 1.5, Number.NaN])("a length of %d", (length) => {
    expect(() => tokenWeights(unmasked([length]), "token-mean", 50)).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "length" }),
    );
  });

  test.each([0, -50, Number.NaN, Number.POSITIVE_INFINITY])("an L_max of %d where it is read", (lmax) => {
    expect(() => tokenWeights(unmasked([5]), "seq-mean-token-sum-norm", lmax)).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "lmax" }),
    );
    expect(tokenWeights(unmasked([5]), "token-mean", lmax)).toEqual(Float64Array.of(0.2));
  });
});
