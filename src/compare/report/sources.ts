import type { Curve, Row } from "../rows.ts";

/** Where numbers of curves come from. */
export function fromCurves(curves: readonly Curve[], columns: string, steps: readonly number[] = []): string {
  if (curves.length === 0) return "curves.jsonl: no such entry";
  const at = steps.length === 0 ? "" : ` at steps ${steps.join(", ")}`;
  return `curves.jsonl: ${columns}${at} of ${cellsOf(curves)}`;
}

/** Where numbers of rows come from. */
export function fromRows(rows: readonly Row[], columns: string): string {
  if (rows.length === 0) return "rows.jsonl: no such entry";
  const checkpoints = [...new Set(rows.map((row) => row.checkpoint))].join(", ");
  return `rows.jsonl: ${columns} of ${cellsOf(rows)}, checkpoint ${checkpoints}`;
}

/** Cells by entry, e.g. `siri-cosine-s0, s1, s2; grpo-s0`. */
export function cellsOf(cells: readonly { readonly cell: string; readonly entry: string }[]): string {
  const byEntry = new Map<string, Set<string>>();
  for (const { cell, entry } of cells) byEntry.set(entry, (byEntry.get(entry) ?? new Set()).add(cell));
  const lists = [...byEntry].map(([entry, [first, ...others]]) =>
    [first, ...others.map((cell) => (cell.startsWith(entry) ? cell.slice(entry.length + 1) : cell))].join(
      ", ",
    ),
  );
  return lists.join("; ");
}
