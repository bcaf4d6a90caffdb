import { describe, expect, test } from "vitest";
import { addLogprob, lanesPerRow, NO_TOKEN } from "../../src/kernels/logprob.ts";
import { addCompact, addDraw, DRAWN_WORDS } from "../../src/kernels/sample.ts";
import { seedKey } from "../../src/random.ts";
import { compact, cumulative, drawNumber, drawToken, greedyToken } from "../reference/sample.ts";
import { rowOf } from "../reference/vector.ts";
import { asWords, expectSameBits } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { padRows } from "../support/padding.ts";
import { integers, normals } from "../support/random.ts";
import { expectFrequencies } from "../support/statistics.ts";

const KEY = { seed: 2 ** 40 + 12_345, stream: 5, step: 17 };

interface DrawRequest {
  readonly vocabulary: number;
  /** [rows, vocabulary], or one row that all share. */
  readonly logits: Float32Array;
  /** Which sequence each row is. */
  readonly sequence: readonly number[];
  /** Number of sequences; all are alive at first. */
  readonly sequences: number;
  readonly randomId?: Uint32Array;
  readonly place?: number;
  readonly capacity?: number;
  readonly cap?: number;
  readonly excluded?: number;
  readonly endToken?: number;
  readonly temperature?: number;
  readonly greedy?: boolean;
}

const range = (count: number) => [...Array(count).keys()];

describe("sample", () => {
  const gpu = useGpu();

  /** Draws one token for every row; the results are by sequence. */
  async function draw(request: DrawRequest) {
    const {
      vocabulary,
      logits,
      sequence,
      sequences,
      randomId = Uint32Array.from(range(sequences)),
    } = request;
    const { place = 0, capacity = place + 2, cap = capacity, excluded = NO_TOKEN } = request;
    const { endToken = NO_TOKEN, temperature = 1, greedy = false } = request;
    const stride = Math.ceil(vocabulary / 4) * 4;
    const [seed_low, seed_high] = seedKey(KEY.seed);
    const result = await runKernels(gpu(), {
      inputs: {
        logits: padRows(logits, vocabulary, stride),
        sequence: Uint32Array.from(sequence),
        random_id: randomId,
        clock: Uint32Array.of(place),
      },
      outputs: {
        drawn: new Uint32Array(sequences * capacity * DRAWN_WORDS),
        length: new Uint32Array(sequences),
        alive: new Uint32Array(sequences).fill(1),
      },
      extent: [sequence.length],
      build: (program, slices) =>
        void addDraw(program, gpu(), slices, {
          vocabulary,
          stride: logits.length === vocabulary ? 0 : stride,
          excluded,
          inverse_temperature: 1 / temperature,
          capacity,
          cap,
          end_token: endToken,
          greedy: Number(greedy),
          seed_low,
          seed_high,
          step: KEY.step,
          stream: KEY.stream,
        }),
    });
    const at = (s: number, word: number) => (s * capacity + place) * DRAWN_WORDS + word;
    const words = asWords(result.drawn);
    return {
      token: range(sequences).map((s) => words[at(s, 0)]!),
      logprob: Float32Array.from(range(sequences), (s) => result.drawn[at(s, 1)]!),
      entropy: Float32Array.from(range(sequences), (s) => result.drawn[at(s, 2)]!),
      drawn: words,
      length: [...asWords(result.length)],
      alive: [...asWords(result.alive)],
    };
  }

  // 1, 8 and 64 lanes to a row.
  const VOCABULARIES = [
    { vocabulary: 29, excluded: 3, temperature: 1.3 },
    { vocabulary: 256, excluded: NO_TOKEN, temperature: 1 },
    { vocabulary: 257, excluded: 0, temperature: 0.6 },
    { vocabulary: 4099, excluded: 4098, temperature: 1 },
    { vocabulary: 5003, excluded: 2500, temperature: 2 },
  ];

  test.each(VOCABULARIES)(
    "draws what the reference draws, $vocabulary tokens, excluded $excluded, temperature $temperature",
    async (distribution) => {
      const { vocabulary } = distribution;
      const [rows, place] = [200, 3];
      const logits = normals(1, rows * vocabulary, 2);
      const randomId = integers(2, rows, 0, 2 ** 32);
      const sequence = range(rows);
      const { token } = await draw({ ...distribution, logits, sequence, sequences: rows, randomId, place });
      const wide = Float64Array.from(logits);
      let same = 0;
      for (const s of sequence) {
        const row = rowOf(wide, s, vocabulary);
        const uniform = drawNumber({ ...KEY, randomId: randomId[s]!, place });
        same += Number(drawToken(row, distribution, uniform) === token[s]);
        // The number falls into the piece of the token, up to the rounding of the sums.
        const ends = cumulative(row, distribution);
        expect(ends[token[s]! - 1] ?? 0).toBeLessThanOrEqual(uniform + 1e-5);
        expect(ends[token[s]!]).toBeGreaterThan(uniform - 1e-5);
      }
      expect(same).toBeGreaterThan(0.95 * rows);
    },
  );

  test.each(VOCABULARIES)(
    "log-prob and entropy are those of the training pass to the bit, $vocabulary tokens, temperature $temperature",
    async (distribution) => {
      const { vocabulary, excluded, temperature } = distribution;
      const rows = 70;
      const logits = normals(1, rows * vocabulary, 2);
      const drawn = await draw({ ...distribution, logits, sequence: range(rows), sequences: rows });
      const stride = Math.ceil(vocabulary / 4) * 4;
      const { logprob, entropy } = await runKernels(gpu(), {
        inputs: {
          logits: padRows(logits, vocabulary, stride),
          target_token: Uint32Array.from(drawn.token),
        },
        outputs: { logprob: rows, lse: rows, entropy: rows },
        extent: [rows],
        build: (program, slices) =>
          addLogprob(program, gpu(), slices, { vocabulary, stride, excluded }, temperature),
      });
      expectSameBits("log-prob", drawn.logprob, logprob);
      expectSameBits("entropy", drawn.entropy, entropy);
    },
  );

  test.each([
    { vocabulary: 29, excluded: 7, temperature: 0.5 },
    { vocabulary: 29, excluded: NO_TOKEN, temperature: 1 },
    { vocabulary: 29, excluded: 0, temperature: 1.7 },
    { vocabulary: 300, excluded: 299, temperature: 1 },
  ])(
    "frequencies follow softmax, $vocabulary tokens, excluded $excluded, temperature $temperature",
    async (distribution) => {
      const { vocabulary, excluded } = distribution;
      const draws = 60_000;
      const logits = normals(1, vocabulary, 1.5);
      const { token } = await draw({ ...distribution, logits, sequence: range(draws), sequences: draws });
      const counts = new Float64Array(vocabulary);
      for (const v of token) counts[v]! += 1;
      const ends = cumulative(Float64Array.from(logits), distribution);
      const expected = ends.map((end, v) => (v === excluded ? 0 : draws * (end - (ends[v - 1] ?? 0))));
      expectFrequencies(counts, expected);
    },
  );

  test.each([29, 257, 5003])("greedy takes the lowest of equal maxima, %i tokens", async (vocabulary) => {
    const excluded = vocabulary - 2;
    const logits = normals(1, 3 * vocabulary);
    const set = (row: number, tokens: number[], value: number) => {
      for (const v of tokens) logits[row * vocabulary + v] = value;
    };
    set(0, [4, 5, vocabulary - 1], 9); // two within a lane's chunk, one in another's
    set(1, [excluded], 99);
    set(2, range(vocabulary), 0);
    const { token } = await draw({
      vocabulary,
      logits,
      excluded,
      sequence: [0, 1, 2],
      sequences: 3,
      greedy: true,
    });
    const rows = [0, 1, 2].map((r) => rowOf(Float64Array.from(logits), r, vocabulary));
    expect(token).toEqual(rows.map((row) => greedyToken(row, { vocabulary, excluded, temperature: 1 })));
    expect(token[0]).toBe(4);
    expect(token[2]).toBe(0);
  });

  test.each([29, 257, 5003])("a draw depends on nothing else in the batch, %i tokens", async (vocabulary) => {
    const sequences = 70;
    const logits = normals(1, sequences * vocabulary);
    const randomId = integers(2, sequences, 0, 2 ** 32);
    const logitsOf = (rows: number[]) =>
      Float32Array.from(rows.flatMap((s) => [...logits.subarray(s * vocabulary, (s + 1) * vocabulary)]));
    const all = await draw({ vocabulary, logits, sequence: range(sequences), sequences, randomId });
    const few = [66, 5, 41, 0];
    const some = await draw({ vocabulary, logits: logitsOf(few), sequence: few, sequences, randomId });
    const fieldsOf = ({ token, logprob, entropy }: typeof all) =>
      few.map((s) => [token[s], logprob[s], entropy[s]]);
    expect(fieldsOf(some)).toEqual(fieldsOf(all));
    const others = range(sequences).filter((s) => !few.includes(s));
    expect(others.every((s) => some.token[s] === 0 && some.alive[s] === 1)).toBe(true);
  });

  test.each([
    { name: "goes on", place: 2, cap: 6, endToken: 9, length: [0, 0], alive: [1, 1] },
    { name: "ends with the end token", place: 2, cap: 6, endToken: 4, length: [3, 0], alive: [0, 1] },
    { name: "ends at the cap", place: 2, cap: 3, endToken: 9, length: [3, 3], alive: [0, 0] },
    { name: "ends at a cap of one", place: 0, cap: 1, endToken: 9, length: [1, 1], alive: [0, 0] },
  ])("a sequence $name", async ({ place, cap, endToken, length, alive }) => {
    const logits = new Float32Array(2 * 10);
    logits[4] = 5; // sequence 0 draws 4, sequence 1 draws 6
    logits[10 + 6] = 5;
    const capacity = 6;
    const result = await draw({
      vocabulary: 10,
      logits,
      sequence: [0, 1],
      sequences: 2,
      place,
      cap,
      capacity,
      endToken,
      greedy: true,
    });
    expect(result.token).toEqual([4, 6]);
    expect(result.length).toEqual(length);
    expect(result.alive).toEqual(alive);
    const written = range(2 * capacity).filter((i) => result.drawn[i * DRAWN_WORDS] !== 0);
    expect(written).toEqual([place, capacity + place]);
  });

  test.each([29, 257, 5003])(
    "logits that are not finite end their sequence, %i tokens",
    async (vocabulary) => {
      const logits = normals(1, 3 * vocabulary);
      logits.fill(Number.NaN, vocabulary, 2 * vocabulary);
      const { token, logprob, alive } = await draw({
        vocabulary,
        logits,
        sequence: [0, 1, 2],
        sequences: 3,
        endToken: vocabulary - 1,
        cap: 9,
      });
      expect(token[1]).toBe(vocabulary - 1);
      expect([...logprob].map(Number.isFinite)).toEqual([true, false, true]);
      expect(alive[1]).toBe(0);
    },
  );

  test("lanes to a row grow with the vocabulary", () => {
    expect([1, 256, 257, 4096, 4097].map(lanesPerRow)).toEqual([1, 1, 8, 8, 64]);
  });

  const pattern: Record<string, (s: number) => boolean> = {
    all: () => true,
    none: () => false,
    first: (s) => s === 0,
    "every third": (s) => s % 3 === 1,
  };

  test.each(
    [1, 63, 64, 65, 131, 640].flatMap((sequences) =>
      Object.keys(pattern).map((living) => ({ sequences, living })),
    ),
  )("compact, $sequences sequences of which $living live", async ({ sequences, living }) => {
    const [capacity, place, stale] = [3, 1, 0xabcd];
    const alive = Uint32Array.from({ length: sequences }, (_, s) => Number(pattern[living]!(s)));
    const prompt_length = integers(1, sequences, 1, 50);
    const drawn = integers(2, sequences * capacity * DRAWN_WORDS, 0, 999);
    const result = await runKernels(gpu(), {
      inputs: { alive, drawn, prompt_length },
      outputs: {
        sequence: new Uint32Array(sequences).fill(stale),
        current: new Uint32Array(sequences).fill(stale),
        position: new Uint32Array(sequences).fill(stale),
        clock: Uint32Array.of(place),
        state: Uint32Array.of(sequences, 7, 8, 9),
      },
      build: (program, slices) => void addCompact(program, gpu(), slices, { sequences, capacity }),
    });
    const newest = range(sequences).map((s) => drawn[(s * capacity + place) * DRAWN_WORDS]!);
    const expected = compact(alive, newest, prompt_length, place);
    const count = expected.sequence.length;
    const rest = Array<number>(sequences - count).fill(stale);
    expect([...asWords(result.sequence)]).toEqual([...expected.sequence, ...rest]);
    expect([...asWords(result.current)]).toEqual([...expected.current, ...rest]);
    expect([...asWords(result.position)]).toEqual([...expected.position, ...rest]);
    expect([...asWords(result.clock)]).toEqual([place + 1]);
    expect([...asWords(result.state)]).toEqual([count, 7, 8, 9]);
  });
});
