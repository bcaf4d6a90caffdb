import { OFFSET_ALIGNMENT } from "../gpu/buffers.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import type { LoraShape } from "../kernels/lora.ts";
import { Random, STREAM } from "../random.ts";
import { addAdapters, addAdaptersBackward } from "./adapter-passes.ts";
import type { AdapterSettings, AdapterTarget } from "./adapter-settings.ts";
import { headLayout, type ModelConfig } from "./config.ts";
import type { Parameter, ParameterLayout, ParameterTable, Range } from "./parameters.ts";

/** B of one adapter. */
export interface AdapterUp {
  readonly range: Range;
  readonly shape: LoraShape;
}

/** The adapters of one matmul of the model, e.g. those of q, k and v: they share the input, so one matmul computes all `low`. */
export interface AdapterGroup {
  /** Their A, one below the other: [low, inputs]. */
  readonly down: Range;
  readonly ups: readonly AdapterUp[];
  /** Floats of a row of `low`: their ranks together. */
  readonly low: number;
  readonly inputs: number;
}

/** By the name that the matrix has in {@link LayerRanges}; absent where nothing is adapted. */
export type LayerAdapters = Readonly<Partial<Record<AdaptedMatrix, AdapterGroup>>>;
export type AdaptedMatrix = "qkvWeight" | "outputWeight" | "gateUpWeight" | "downWeight";

const ALIGNMENT = OFFSET_ALIGNMENT / 4;

type Tensor = readonly [name: string, rows: number, columns: number];

/** One of the matrices that a matmul multiplies with. */
interface Output {
  readonly target: AdapterTarget;
  readonly module: string;
  readonly size: number;
}

/**
 * Where the parameters of all adapters lie in one flat buffer, as {@link ParameterTable} says it of a model's own. All are
 * matrices. LoRA (Hu et al., 2106.09685): W x becomes W x + α/r · B (A x), and A and B alone are trained.
 */
export class AdapterTable implements ParameterLayout {
  readonly settings: AdapterSettings;
  /** By the names that PEFT gives them. */
  readonly parameters: readonly Parameter[];
  readonly layers: readonly LayerAdapters[];
  readonly matrixFloats: number;
  readonly totalFloats: number;
  readonly count: number;
  /** Floats of the widest row of `low`. */
  readonly widestLow: number;
  /** What appends adapters to the model's passes. It comes with the table, so that a page fetches neither before it trains any. */
  readonly passes = { addAdapters, addAdaptersBackward } as const;

  constructor(config: ModelConfig, settings: AdapterSettings) {
    this.settings = settings;
    const { rank, alpha, targets } = settings;
    const { hidden_size: C, intermediate_size: F } = config;
    const { heads, keyHeads, headDim } = headLayout(config);
    const parameters: Parameter[] = [];
    let cursor = 0;
    const range = (...tensors: readonly Tensor[]): Range => {
      const offset = cursor;
      for (const [name, rows, columns] of tensors) {
        const size = rows * columns;
        parameters.push({ name, shape: [rows, columns], offset: cursor, size });
        cursor += size;
      }
      const size = cursor - offset;
      cursor = ceilDiv(cursor, ALIGNMENT) * ALIGNMENT;
      return { offset, size };
    };
    const group = (layer: number, inputs: number, outputs: readonly Output[]): AdapterGroup | undefined => {
      const adapted = outputs.filter(({ target }) => targets.includes(target));
      if (adapted.length === 0) return undefined;
      const name = (module: string, part: "A" | "B") =>
        `base_model.model.model.layers.${layer}.${module}.lora_${part}.weight`;
      const low = adapted.length * rank;
      const down = range(...adapted.map(({ module }): Tensor => [name(module, "A"), rank, inputs]));
      const stride = outputs.reduce((sum, { size }) => sum + size, 0);
      const ups = adapted.map((output, index): AdapterUp => {
        const offset = outputs.slice(0, outputs.indexOf(output)).reduce((sum, { size }) => sum + size, 0);
        const shape = {
          low: { stride: low, offset: index * rank, count: rank },
          out: { stride, offset, count: output.size },
          scale: alpha / rank,
        };
        return { range: range([name(output.module, "B"), output.size, rank]), shape };
      });
      return { down, ups, low, inputs };
    };
    this.layers = Array.from({ length: config.num_hidden_layers }, (_, l) => {
      const attention = (target: AdapterTarget, size: number) => {
        return { target, module: `self_attn.${target}_proj`, size };
      };
      const mlp = (target: AdapterTarget, size: number) => ({ target, module: `mlp.${target}_proj`, size });
      const groups = {
        qkvWeight: group(l, C, [
          attention("q", heads * headDim),
          attention("k", keyHeads * headDim),
          attention("v", keyHeads * headDim),
        ]),
        outputWeight: group(l, heads * headDim, [attention("o", C)]),
        gateUpWeight: group(l, C, [mlp("gate", F), mlp("up", F)]),
        downWeight: group(l, F, [mlp("down", C)]),
      };
      return Object.fromEntries(Object.entries(groups).filter(([, found]) => found !== undefined));
    });
    this.parameters = parameters;
    this.matrixFloats = cursor;
    this.totalFloats = cursor;
    this.count = parameters.reduce((sum, { size }) => sum + size, 0);
    this.widestLow = Math.max(...Object.values(this.layers[0]!).map(({ low }) => low));
  }
}

/**
 * Adapters that change nothing yet: A uniform within ±1/√inputs, which is what PEFT's Kaiming initialisation comes to; B zero.
 */
export function initialAdapters(table: AdapterTable, seed: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(table.totalFloats);
  for (const [index, { name, shape, offset, size }] of table.parameters.entries()) {
    if (name.endsWith("lora_B.weight")) continue;
    const random = new Random(seed, STREAM.adapters, index);
    const bound = 1 / Math.sqrt(shape[1]!);
    for (let i = offset; i < offset + size; i++) flat[i] = (2 * random.uniform() - 1) * bound;
  }
  return flat;
}

/** W + α/r · B A for every matrix that has an adapter; the other parameters are those of the model. Sums in double precision. */
export function mergeAdapters(
  table: ParameterTable,
  adapters: AdapterTable,
  parameters: Float32Array<ArrayBuffer>,
  values: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const merged = parameters.slice();
  for (const [l, layer] of adapters.layers.entries()) {
    for (const [matrix, { down, ups, inputs }] of Object.entries(layer)) {
      const { offset } = table.layers[l]![matrix as AdaptedMatrix];
      for (const { range, shape } of ups) {
        const { count: rank, offset: firstLow } = shape.low;
        for (let n = 0; n < shape.out.count; n++) {
          const begin = offset + (shape.out.offset + n) * inputs;
          const row = Float64Array.from(merged.subarray(begin, begin + inputs));
          for (let j = 0; j < rank; j++) {
            const factor = shape.scale * values[range.offset + n * rank + j]!;
            const a = down.offset + (firstLow + j) * inputs;
            for (let k = 0; k < inputs; k++) row[k]! += factor * values[a + k]!;
          }
          merged.set(row, begin);
        }
      }
    }
  }
  return merged;
}
