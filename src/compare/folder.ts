import { BellowsError } from "../errors.ts";
import { decodeJson, encodeJson, type JsonObject } from "../io/json.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import { isEqual } from "../train/config-diff.ts";
import type { Cell } from "./cells.ts";
import { type Matrix, parseMatrix } from "./matrix.ts";
import type { CellTime } from "./report/data.ts";
import type { Curve, Row } from "./rows.ts";

// The folder of a comparison:
//   matrix.json             what is compared; a folder without it is no comparison
//   cells/<cell>/run/       a run folder (src/io/run-folder.ts), where the cell trains
//   cells/<cell>/curve.jsonl, times.json, rows.jsonl   what came of it, the last of them last: then the cell is done
//   rows.jsonl, curves.jsonl   those of all cells that are done, in the order of the matrix
//   times.json              device, commit, seconds: all that differs when a comparison is made again
//   report.html …           src/compare/report/

export const MATRIX = "matrix.json";
const ROWS = "rows.jsonl";
const CURVE = "curve.jsonl";
const CURVES = "curves.jsonl";
const TIMES = "times.json";

/** What came of a cell. */
export interface CellResult {
  readonly rows: readonly Row[];
  /** Null where nothing was trained. */
  readonly curve: Curve | null;
  readonly time: CellTime & { readonly device: string; readonly commit: string };
}

export function cellPath(folder: string, cell: string): string {
  return joinPath(folder, "cells", cell);
}

/** Where a cell trains. */
export function runPath(folder: string, cell: string): string {
  return joinPath(cellPath(folder, cell), "run");
}

/**
 * Begins a comparison, or goes on with one.
 * @throws BellowsError `input-invalid` where another matrix is compared there.
 */
export async function openComparison(storage: Storage, folder: string, matrix: Matrix): Promise<void> {
  if (!(await storage.exists(joinPath(folder, MATRIX)))) {
    await storage.write(joinPath(folder, MATRIX), [encodeJson(matrix, "matrix")]);
    return;
  }
  await storage.recover(folder);
  const known = await readMatrix(storage, folder);
  if (isEqual(known, matrix)) return;
  const different = [...new Set([...Object.keys(known), ...Object.keys(matrix)])].filter(
    (key) => !isEqual(known[key as keyof Matrix], matrix[key as keyof Matrix]),
  );
  const message = `${folder} compares another matrix: ${different.join(", ")} differ${different.length === 1 ? "s" : ""}`;
  throw new BellowsError("input-invalid", message, {
    field: "out",
    hint: "Choose another --out, or go on with the matrix that is there by --resume.",
  });
}

/** @throws BellowsError `input-invalid` where nothing is compared. */
export async function readMatrix(storage: Storage, folder: string): Promise<Matrix> {
  const file = joinPath(folder, MATRIX);
  if (await storage.exists(file)) return parseMatrix(decodeJson(await storage.read(file), file));
  throw new BellowsError("input-invalid", `there is no comparison ${folder}: it has no ${MATRIX}`, {
    field: "resume",
  });
}

/** Puts down what came of a cell, which is done once this resolves. */
export async function writeResult(
  storage: Storage,
  folder: string,
  cell: string,
  { rows, curve, time }: CellResult,
): Promise<void> {
  const at = (name: string) => joinPath(cellPath(folder, cell), name);
  if (curve !== null) await storage.write(at(CURVE), [encodeLines([curve])]);
  await storage.write(at(TIMES), [encodeJson(time, TIMES)]);
  await storage.write(at(ROWS), [encodeLines(rows)]);
}

/** What came of a cell; null until it is done. */
export async function readResult(storage: Storage, folder: string, cell: string): Promise<CellResult | null> {
  const at = (name: string) => joinPath(cellPath(folder, cell), name);
  if (!(await storage.exists(at(ROWS)))) return null;
  const rows = await readLines<Row>(storage, at(ROWS));
  const curves = await readLines<Curve>(storage, at(CURVE));
  const time = decodeJson(await storage.read(at(TIMES)), at(TIMES)) as unknown as CellResult["time"];
  return { rows, curve: curves[0] ?? null, time };
}

/** Gathers what came of the cells that are done, in their order, whatever the order in which they ran. */
export async function gather(
  storage: Storage,
  folder: string,
  cells: readonly Cell[],
): Promise<{ rows: Row[]; curves: Curve[]; times: Record<string, CellResult["time"]> }> {
  const rows: Row[] = [];
  const curves: Curve[] = [];
  const times: Record<string, CellResult["time"]> = {};
  for (const { name } of cells) {
    const result = await readResult(storage, folder, name);
    if (result === null) continue;
    rows.push(...result.rows);
    if (result.curve !== null) curves.push(result.curve);
    times[name] = result.time;
  }
  await storage.write(joinPath(folder, ROWS), [encodeLines(rows)]);
  await storage.write(joinPath(folder, CURVES), [encodeLines(curves)]);
  return { rows, curves, times };
}

/** What a comparison says of itself from one call to the next; empty at first. */
export async function readTimes(storage: Storage, folder: string): Promise<JsonObject> {
  const file = joinPath(folder, TIMES);
  return (await storage.exists(file)) ? decodeJson(await storage.read(file), file) : {};
}

export async function writeTimes(storage: Storage, folder: string, times: object): Promise<void> {
  await storage.write(joinPath(folder, TIMES), [encodeJson(times, TIMES)]);
}

function encodeLines(records: readonly object[]): Uint8Array {
  return new TextEncoder().encode(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Files of this program: their shape is taken on trust. None where there is no file. */
async function readLines<T>(storage: Storage, file: string): Promise<T[]> {
  if (!(await storage.exists(file))) return [];
  const lines = new TextDecoder().decode(await storage.read(file)).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}
