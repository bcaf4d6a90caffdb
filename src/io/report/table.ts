import { type Content, type Markup, markup } from "./markup.ts";

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Cells as they are shown; a row's first names it. */
  readonly rows: readonly (readonly Cell[])[];
  /** The file that has all rows; `metrics.jsonl` unless given. */
  readonly file?: string;
}

/** Text, or the text of a cell that is the best of its column. */
export type Cell = string | { readonly best: string };

/** Most rows of a table; longer ones are thinned and say so. */
export const MOST_ROWS = 600;

/**
 * A table of numbers, in a box that scrolls both ways, by keyboard too. End tags that HTML lets one leave out are left
 * out.
 */
export function numberTable({ caption, columns, rows, file = "metrics.jsonl" }: Table): Markup {
  const every = Math.ceil(rows.length / MOST_ROWS);
  const shown = rows.filter((_, index) => index % every === 0 || index === rows.length - 1);
  const note =
    every > 1 && ` Of ${rows.length} rows, one in ${every} and the last are shown; ${file} has all.`;
  const head = columns.map((column) => markup`<th scope="col">${column}`);
  const body = shown.map(
    ([first, ...rest]) =>
      markup`<tr><th scope="row">${cellText(first!)}${rest.map((cell) => markup`<td>${cellText(cell)}`)}\n`,
  );
  return markup`<p class="caption">${caption}.${note}</p>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="numbers" aria-label="${caption}"><thead><tr>${head}<tbody>${body}</table></div>
`;
}

function cellText(cell: Cell): Content {
  return typeof cell === "string" ? cell : markup`<strong>${cell.best}</strong>`;
}

/** A table of names and values, for settings. */
export function settingsTable(caption: string, rows: readonly (readonly [string, string])[]): Markup {
  const body = rows.map(([name, value]) => markup`<tr><th scope="row">${name}<td>${value}\n`);
  return markup`<p class="caption">${caption}.</p>
<table class="settings" aria-label="${caption}"><tbody>${body}</table>
`;
}
