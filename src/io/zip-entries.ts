/** The entries of a zip file (APPNOTE 6.3 §4.3), read so that a file that lies about itself is refused and never believed. */
import { inflateSync } from "fflate";
import { BellowsError } from "../errors.ts";

/** A file in a zip file, as the central directory describes it; nothing of it is unpacked yet. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes once it is unpacked, as it claims. */
  readonly bytes: number;
  /** @throws BellowsError `input-invalid` where it is not of these bytes or its checksum is wrong. */
  unpack(): Uint8Array<ArrayBuffer>;
}

const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;

/** Stands where a number is too large for its field: then a zip64 record has it, which nothing of ours needs. */
const ZIP64 = 0xffff_ffff;

/** Deflate shrinks nothing to less than one part in so many: what claims more lies, and must not be made room for. */
const MAX_RATIO = 1032;

/** Bits of an entry's flags. */
const ENCRYPTED = 1;
const UTF8 = 1 << 11;

/**
 * The entries of a zip file, in its order.
 * @throws BellowsError `input-invalid` for bytes that are no zip file, or one of a kind that is not read.
 */
export function zipEntries(zip: Uint8Array<ArrayBuffer>): ZipEntry[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const entries: ZipEntry[] = [];
  let packed = 0;
  for (let i = 0, at = view.getUint32(end + 16, true); i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) throw damaged("its list of files");
    const size = view.getUint32(at + 20, true);
    const next = at + CENTRAL_BYTES + lengths(view, at + 28, 3);
    if (next > end) throw damaged("its list of files");
    entries.push(entryAt(zip, view, at, size));
    // Files that share their bytes would take more time to unpack than any zip file of this length.
    packed += size;
    if (packed > zip.length) throw refused("its files are larger than itself");
    at = next;
  }
  return entries;
}

/** The error for a zip file that is not taken. */
export function refused(reason: string, cause?: unknown): BellowsError {
  return new BellowsError("input-invalid", `the zip file cannot be used: ${reason}`, {
    field: "zip",
    hint: "It must hold the folder of a run or of a checkpoint, as bellows keeps it.",
    cause,
  });
}

/** Where the record at the end begins; before a comment, so it is looked for backwards. */
function endOf(view: DataView): number {
  const least = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= least; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw refused("it is damaged, or no zip file");
}

function entryAt(zip: Uint8Array<ArrayBuffer>, view: DataView, at: number, size: number): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const checksum = view.getUint32(at + 16, true);
  const bytes = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  const nameBytes = zip.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + view.getUint16(at + 28, true));
  const name = nameOf(nameBytes, (flags & UTF8) !== 0);
  const shown = JSON.stringify(name);
  if ([size, bytes, local].includes(ZIP64)) throw refused(`${shown} is in zip64 form`);
  if ((flags & ENCRYPTED) !== 0) throw refused(`${shown} is encrypted`);
  if (method !== 0 && method !== 8) throw refused(`${shown} is packed by method ${method}, not by deflate`);
  if (method === 0 ? bytes !== size : bytes > size * MAX_RATIO) throw damaged(shown);
  return {
    name,
    bytes,
    unpack() {
      const content = unpacked(packedAt(zip, view, local, size, shown), method, bytes, shown);
      if (content.length === bytes && crc32(content) === checksum) return content;
      throw damaged(shown);
    },
  };
}

/** The bytes behind a local header, still packed. */
function packedAt(
  zip: Uint8Array<ArrayBuffer>,
  view: DataView,
  local: number,
  size: number,
  shown: string,
): Uint8Array<ArrayBuffer> {
  const isHeader = local + LOCAL_BYTES <= zip.length && view.getUint32(local, true) === LOCAL;
  if (!isHeader) throw damaged(shown);
  const begin = local + LOCAL_BYTES + lengths(view, local + 26, 2);
  return zip.subarray(begin, begin + size);
}

function unpacked(packed: Uint8Array<ArrayBuffer>, method: number, bytes: number, shown: string) {
  if (method === 0) return packed.slice();
  try {
    return inflateSync(packed, { out: new Uint8Array(bytes) });
  } catch (cause) {
    throw damaged(shown, cause);
  }
}

/** The sum of some 16-bit lengths in a row. */
function lengths(view: DataView, at: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += view.getUint16(at + 2 * i, true);
  return sum;
}

/** Names are UTF-8 where the entry says so; else they are of an old code page, in which only ASCII is sure. */
function nameOf(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder(isUtf8 ? "utf-8" : "latin1", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw damaged("the name of a file", cause);
  }
}

function damaged(what: string, cause?: unknown): BellowsError {
  return refused(`${what} is damaged`, cause);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of zip files (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
