import { BellowsError } from "../errors.ts";
import { decodeJson, isJsonObject, type Json, refuse, shown } from "./json.ts";
import type { Chunks, StoredFile } from "./storage.ts";

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

/** Bytes of values that are read at once. */
const PIECE = 2 ** 24;

/**
 * A safetensors file, which may come from anywhere. Nothing is allocated on the word of its header: every size
 * in there is first held against the bytes that exist. Values are read when they are copied.
 */
export class Safetensors {
  /** How messages name the file. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #file: StoredFile;

  /**
   * Reads the header.
   * @param name how messages name the file.
   * @throws BellowsError `checkpoint-invalid` naming the file, the field, its value and what would be right.
   */
  static async open(file: StoredFile, name: string): Promise<Safetensors> {
    if (file.size < 8) {
      const right = "at least 8: it begins with the length of its header";
      refuse(name, "the length of the file", file.size, right);
    }
    const view = new DataView((await file.read(0, 8)).buffer);
    const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const most = Math.min(MAX_HEADER, file.size - 8);
    if (length > most) refuse(name, "the length of the header", length, `at most ${most}`);
    return new Safetensors(file, name, await file.read(8, 8 + length));
  }

  private constructor(file: StoredFile, name: string, headerBytes: Uint8Array) {
    this.#file = file;
    this.name = name;
    const dataBegin = 8 + headerBytes.length;
    const header = decodeJson(headerBytes, `${name}: the header`);
    this.metadata = this.#readMetadata(header[METADATA]);
    this.tensors = new Map(
      Object.entries(header)
        .filter(([tensor]) => tensor !== METADATA)
        .map(([tensor, entry]) => [tensor, this.#readEntry(tensor, entry, dataBegin)]),
    );
    this.#checkCover(dataBegin);
  }

  /** Copies the values of a tensor, as single precision, to `target`, which has as many elements. */
  async copy(name: string, target: Float32Array<ArrayBuffer>): Promise<void> {
    const entry = this.tensors.get(name);
    if (entry === undefined) refuse(this.name, shown(name), undefined, "there");
    const { dtype, begin, end } = entry;
    const valueBytes = VALUE_BYTES.get(dtype)!;
    const count = (end - begin) / valueBytes;
    if (count !== target.length)
      refuse(this.name, `the size of ${shown(name)}`, count, String(target.length));
    for (let at = begin; at < end; at += PIECE) {
      const bytes = await this.#file.read(at, Math.min(at + PIECE, end));
      const first = (at - begin) / valueBytes;
      convert(dtype, bytes, target.subarray(first, first + bytes.length / valueBytes));
    }
  }

  #readMetadata(metadata: Json | undefined): Map<string, string> {
    if (metadata === undefined) return new Map();
    if (!isJsonObject(metadata)) refuse(this.name, METADATA, metadata, "an object of strings");
    const entries = Object.entries(metadata).map(([key, value]): [string, string] => {
      if (typeof value !== "string") refuse(this.name, `${METADATA}[${shown(key)}]`, value, "a string");
      return [key, value];
    });
    return new Map(entries);
  }

  #readEntry(name: string, entry: Json, dataBegin: number): TensorEntry {
    const quoted = shown(name);
    if (isReservedName(name))
      refuse(this.name, "the name of a tensor", name, "another: this one is reserved");
    if (!isJsonObject(entry)) refuse(this.name, quoted, entry, "an object of dtype, shape and data_offsets");
    const { dtype, shape, data_offsets: offsets } = entry;
    const valueBytes = VALUE_BYTES.get(dtype);
    if (valueBytes === undefined) {
      const right = `one that bellows reads: ${[...VALUE_BYTES.keys()].join(", ")}`;
      refuse(this.name, `the dtype of ${quoted}`, dtype, right);
    }
    if (!isCounts(shape)) {
      refuse(this.name, `the shape of ${quoted}`, shape, "a list of whole numbers, none below 0");
    }
    const available = this.#file.size - dataBegin;
    const field = `data_offsets of ${quoted}`;
    if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]! || offsets[1]! > available) {
      refuse(this.name, field, offsets, `[begin, end] within the ${available} bytes of values`);
    }
    const [begin, end] = offsets as [number, number];
    const needed = shape.reduce((product, n) => product * n, valueBytes);
    if (end - begin !== needed) {
      refuse(this.name, field, offsets, `${needed} bytes apart, the size of ${dtype} ${shown(shape)}`);
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
        refuse(this.name, `data_offsets of ${shown(name)}`, [begin - dataBegin, end - dataBegin], right);
      }
      cursor = end;
    }
    if (cursor !== this.#file.size) {
      refuse(this.name, "the length of the file", this.#file.size, `${cursor}, where its last tensor ends`);
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

/** Values of a type, as single precision. The bits are moved, so that NaN stay as they are. */
function convert(
  dtype: TensorEntry["dtype"],
  bytes: Uint8Array<ArrayBuffer>,
  target: Float32Array<ArrayBuffer>,
): void {
  if (dtype === "F32") {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    return;
  }
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, target.length);
  if (dtype === "BF16") {
    // The upper half of F32.
    for (let i = 0; i < words.length; i++) words[i] = halves[i]! << 16;
  } else {
    const table = halfTable();
    for (let i = 0; i < words.length; i++) words[i] = table[halves[i]!]!;
  }
}

let halfToSingle: Uint32Array | undefined;

/** The bits of every half-precision number (IEEE 754: 1 bit sign, 5 bits exponent, 10 bits fraction) in single precision. */
function halfTable(): Uint32Array {
  if (halfToSingle !== undefined) return halfToSingle;
  const subnormal = new Float32Array(1);
  const subnormalBits = new Uint32Array(subnormal.buffer);
  halfToSingle = Uint32Array.from({ length: 2 ** 16 }, (_, half) => {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return sign | 0x7f80_0000 | (fraction << 13);
    if (exponent > 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
    subnormal[0] = fraction * 2 ** -24;
    return sign | subnormalBits[0]!;
  });
  return halfToSingle;
}
