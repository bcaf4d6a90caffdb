import { BellowsError } from "../errors.ts";
import { decodeJson, isJsonObject, type Json, refuse, shown } from "./json.ts";
import type { Chunks } from "./storage.ts";

// The format (https://github.com/huggingface/safetensors): 8 bytes, the length N of the header as a little-endian
// integer; N bytes of JSON, name → { dtype, shape, data_offsets: [begin, end] } with an optional "__metadata__"
// of strings, padded with spaces; then the values, which cover the rest of the file without gap or overlap.
// Values are little-endian, as is every platform that has WebGPU.

/** The format's own limit on the header, in bytes. */
const MAX_HEADER = 100_000_000;
const METADATA = "__metadata__";

/** Types of values that can be read, with their bytes. F32 alone is written. */
const VALUE_BYTES = new Map<unknown, number>([
  ["F32", 4],
  ["F16", 2],
  ["BF16", 2],
]);

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What the header says of a tensor, checked. Offsets in bytes from the start of the file. */
export interface TensorEntry {
  readonly dtype: "F32" | "F16" | "BF16";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * A safetensors file of F32 tensors, in their order. The pieces share memory with `values`.
 * @throws BellowsError `input-invalid` for a name that is taken or reserved, or a shape that does not fit.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Chunks {
  const header = new Map<string, unknown>([[METADATA, metadata]]);
  let cursor = 0;
  for (const { name, shape, values } of tensors) {
    if (header.has(name) || isReservedName(name)) {
      throw new BellowsError("input-invalid", `tensor name ${shown(name)} is taken or reserved`, {
        field: name,
      });
    }
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== values.length) {
      throw new BellowsError(
        "input-invalid",
        `tensor ${shown(name)} has ${values.length} values; its shape ${shown(shape)} needs ${size}`,
        { field: name },
      );
    }
    header.set(name, { dtype: "F32", shape, data_offsets: [cursor, cursor + values.byteLength] });
    cursor += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // The values begin at a multiple of 8, so that others can map the file.
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [
    start,
    ...tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ];
}

/**
 * A safetensors file, which may come from anywhere. Nothing is allocated on the word of its header: every size
 * in there is first held against the bytes that exist.
 */
export class Safetensors {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #bytes: Uint8Array;
  readonly #file: string;

  /**
   * @param file how messages name the file.
   * @throws BellowsError `checkpoint-invalid` naming the file, the field, its value and what would be right.
   */
  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
    if (bytes.length < 8) {
      refuse(
        file,
        "the length of the file",
        bytes.length,
        "at least 8: it begins with the length of its header",
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const most = Math.min(MAX_HEADER, bytes.length - 8);
    if (length > most) refuse(file, "the length of the header", length, `at most ${most}`);
    const dataBegin = 8 + length;
    const header = decodeJson(bytes.subarray(8, dataBegin), `${file}: the header`);
    this.metadata = this.#readMetadata(header[METADATA]);
    this.tensors = new Map(
      Object.entries(header)
        .filter(([name]) => name !== METADATA)
        .map(([name, entry]) => [name, this.#readEntry(name, entry, dataBegin)]),
    );
    this.#checkCover(dataBegin);
  }

  /** Copies the values of a tensor, as single precision, to `target`, which has as many elements. */
  copy(name: string, target: Float32Array): void {
    const entry = this.tensors.get(name);
    if (entry === undefined) refuse(this.#file, shown(name), undefined, "there");
    const source = this.#bytes.subarray(entry.begin, entry.end);
    const count = source.length / VALUE_BYTES.get(entry.dtype)!;
    if (count !== target.length)
      refuse(this.#file, `the size of ${shown(name)}`, count, String(target.length));
    if (entry.dtype === "F32") {
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(source);
      return;
    }
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    if (entry.dtype === "F16") {
      for (let i = 0; i < count; i++) target[i] = fromHalf(view.getUint16(2 * i, true));
    } else {
      // BF16 is the upper half of F32.
      const words = new Uint32Array(target.buffer, target.byteOffset, count);
      for (let i = 0; i < count; i++) words[i] = view.getUint16(2 * i, true) << 16;
    }
  }

  #readMetadata(metadata: Json | undefined): Map<string, string> {
    if (metadata === undefined) return new Map();
    if (!isJsonObject(metadata)) refuse(this.#file, METADATA, metadata, "an object of strings");
    const entries = Object.entries(metadata).map(([key, value]): [string, string] => {
      if (typeof value !== "string") refuse(this.#file, `${METADATA}[${shown(key)}]`, value, "a string");
      return [key, value];
    });
    return new Map(entries);
  }

  #readEntry(name: string, entry: Json, dataBegin: number): TensorEntry {
    const quoted = shown(name);
    if (isReservedName(name))
      refuse(this.#file, "the name of a tensor", name, "another: this one is reserved");
    if (!isJsonObject(entry)) refuse(this.#file, quoted, entry, "an object of dtype, shape and data_offsets");
    const { dtype, shape, data_offsets: offsets } = entry;
    const valueBytes = VALUE_BYTES.get(dtype);
    if (valueBytes === undefined) {
      const right = `one that bellows reads: ${[...VALUE_BYTES.keys()].join(", ")}`;
      refuse(this.#file, `the dtype of ${quoted}`, dtype, right);
    }
    if (!isCounts(shape)) {
      refuse(this.#file, `the shape of ${quoted}`, shape, "a list of whole numbers, none below 0");
    }
    const available = this.#bytes.length - dataBegin;
    const field = `data_offsets of ${quoted}`;
    if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]! || offsets[1]! > available) {
      refuse(this.#file, field, offsets, `[begin, end] within the ${available} bytes of values`);
    }
    const [begin, end] = offsets as [number, number];
    const needed = shape.reduce((product, n) => product * n, valueBytes);
    if (end - begin !== needed) {
      refuse(this.#file, field, offsets, `${needed} bytes apart, the size of ${dtype} ${shown(shape)}`);
    }
    return { dtype: dtype as TensorEntry["dtype"], shape, begin: dataBegin + begin, end: dataBegin + end };
  }

  /** The tensors, in order of their offsets, cover all bytes after the header, each once. */
  #checkCover(dataBegin: number): void {
    let cursor = dataBegin;
    const inOrder = [...this.tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
    for (const [name, { begin, end }] of inOrder) {
      if (begin !== cursor) {
        const right = `from ${cursor - dataBegin} on, where the values before end: no gap, no overlap`;
        refuse(this.#file, `data_offsets of ${shown(name)}`, [begin - dataBegin, end - dataBegin], right);
      }
      cursor = end;
    }
    if (cursor !== this.#bytes.length) {
      refuse(
        this.#file,
        "the length of the file",
        this.#bytes.length,
        `${cursor}, where its last tensor ends`,
      );
    }
  }
}

/** `__proto__` is refused too: a name may become the key of somebody's object. */
function isReservedName(name: string): boolean {
  return name === "" || name === METADATA || name === "__proto__";
}

function isCounts(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

/** IEEE 754 half precision: 1 bit sign, 5 bits exponent, 10 bits fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
