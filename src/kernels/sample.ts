import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid, type ParamsOf } from "../gpu/kernel.ts";
import type { Dispatch, Program } from "../gpu/program.ts";
import { lanesPerRow } from "./logprob.ts";
import { shader } from "./sources.ts";

export const sampleDraw = {
  id: "sample/draw",
  code: shader("sample/draw"),
  bindings: {
    logits: "read",
    sequence: "read",
    random_id: "read",
    clock: "read",
    drawn: "read_write",
    length: "read_write",
    alive: "read_write",
    extent: "uniform",
  },
  params: {
    vocabulary: "u32",
    stride: "u32",
    excluded: "u32",
    inverse_temperature: "f32",
    capacity: "u32",
    cap: "u32",
    end_token: "u32",
    greedy: "u32",
    seed_low: "u32",
    seed_high: "u32",
    step: "u32",
    stream: "u32",
  },
} as const;

export const sampleCompact = {
  id: "sample/compact",
  code: shader("sample/compact"),
  bindings: {
    alive: "read",
    drawn: "read",
    prompt_length: "read",
    sequence: "read_write",
    current: "read_write",
    position: "read_write",
    clock: "read_write",
    state: "read_write",
  },
  params: { sequences: "u32", capacity: "u32" },
} as const;

/** 32-bit words per response token of `drawn`: token, log-prob, entropy. */
export const DRAWN_WORDS = 3;

/** Draws the next token of every live row. */
export function addDraw(
  program: Program,
  gpu: Gpu,
  bindings: {
    logits: Slice;
    sequence: Slice;
    random_id: Slice;
    clock: Slice;
    drawn: Slice;
    length: Slice;
    alive: Slice;
    extent: Slice;
  },
  params: ParamsOf<typeof sampleDraw>,
): Dispatch<typeof sampleDraw> {
  const lanes = lanesPerRow(params.vocabulary);
  const kernel = gpu.pipelines.get(sampleDraw, { LANES: lanes });
  return program.add(kernel, bindings, params, (rows) => foldGrid(ceilDiv(rows * lanes, 64)));
}

/** Lists the sequences that are still alive and sets up the next position. */
export function addCompact(
  program: Program,
  gpu: Gpu,
  bindings: {
    alive: Slice;
    drawn: Slice;
    prompt_length: Slice;
    sequence: Slice;
    current: Slice;
    position: Slice;
    clock: Slice;
    state: Slice;
  },
  params: ParamsOf<typeof sampleCompact>,
): Dispatch<typeof sampleCompact> {
  return program.add(gpu.pipelines.get(sampleCompact), bindings, params, [1]);
}
