import { print, terminalColumns, wantsColour, write } from "../host/node-program.ts";

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const pad = (n: number) => String(n).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 2 ** 20) return `${(bytes / 2 ** 10).toFixed(0)} KiB`;
  if (bytes < 2 ** 30) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/** A number as people read it; a dash for null. */
export function formatNumber(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

export function formatPercent(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined ? "–" : `${(fraction * 100).toFixed(0)} %`;
}

/** Said at the first Ctrl-C. */
export const INTERRUPTED_TEXT = "stopping after this step and saving; Ctrl-C again stops at once";

/** `count` of a thing, e.g. `1 step`, `2 steps`. */
export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

export function bar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}

export function dim(text: string): string {
  return wantsColour() ? `\x1b[2m${text}\x1b[0m` : text;
}

export function bold(text: string): string {
  return wantsColour() ? `\x1b[1m${text}\x1b[0m` : text;
}

/**
 * One line that is rewritten in place on a terminal. Elsewhere (a file, CI) each text becomes a plain line of its own, and
 * only every `plainEvery`-th update is printed (none, where that is infinite), so that a log stays readable.
 */
export class LiveLine {
  readonly #columns: number | null;
  readonly #plainEvery: number;
  #updates = 0;
  #shown = false;

  constructor(plainEvery = 1) {
    this.#columns = terminalColumns();
    this.#plainEvery = plainEvery;
  }

  /** Shows a text; `last` prints it even where it would be left out. */
  update(text: string, last = false): void {
    this.#updates += 1;
    const due = this.#updates % this.#plainEvery === 0 || last;
    if (this.#columns === null) {
      if (due) print(text);
      return;
    }
    write(`\r\x1b[2K${text.slice(0, this.#columns - 1)}`);
    this.#shown = true;
  }

  /** Prints a line that stays, above the live one. */
  print(line: string): void {
    this.clear();
    print(line);
  }

  clear(): void {
    if (this.#shown) write("\r\x1b[2K");
    this.#shown = false;
  }
}

/** Below so many parameters, reading them takes no time to speak of. */
const SLOW_PARAMETERS = 20_000_000;

/** Shows how far the reading of a large model is, where there is a terminal. */
export function readingProgress(): (done: number, total: number) => void {
  const line = new LiveLine(Number.POSITIVE_INFINITY);
  const begin = performance.now();
  return (done, total) => {
    if (total < SLOW_PARAMETERS) return;
    if (done === total) return line.clear();
    const seconds = (performance.now() - begin) / 1000;
    const left = formatDuration((seconds / done) * (total - done));
    const rate = (done / seconds / 1e6).toFixed(0);
    line.update(`reading weights ${bar(done / total, 16)} ${rate} million parameters/s  ${left} left`);
  };
}

/** Rows of cells as aligned columns; numbers, and what looks like one, to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
