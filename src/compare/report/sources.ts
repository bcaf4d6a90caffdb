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

/** Cells by entry, e.g. `siri-cosine-s0, -s1, -s2`. */
export function cellsOf(cells: readonly { readonly cell: string; readonly entry: string }[]): string {
  const seen = new Set<string>();
  const each = new Map(cells.map(({ cell, entry }) => [cell, entry]));
  const names = [...each].map(([cell, entry]) => {
    const isKnown = seen.has(entry) && cell.startsWith(entry);
    seen.add(entry);
    return isKnown ? cell.slice(entry.length) : cell;
  });
  return names.join(", ");
}
