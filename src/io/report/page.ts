import chartCss from "./chart.css?raw";
import type { Figure } from "./figures.ts";
import { type Markup, markup, verbatim } from "./markup.ts";
import pageCss from "./page.css?raw";
import { numberTable } from "./table.ts";

/** Pixels that a chart is drawn wide, so that its text has its size: over the whole page, half of it, and a phone's. */
export const FULL = 980;
export const HALF = 470;
const NARROW = 350;

/**
 * A page of HTML that brings all it needs, runs no script and fetches nothing; a browser is told to hold it to that.
 * @param moreCss styles of our own, beside those of all reports.
 */
export function page(title: string, body: Markup, moreCss = ""): string {
  return markup`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${verbatim(pageCss)}${verbatim(chartCss)}${verbatim(moreCss)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** A figure with its words and, behind a click, its numbers. */
export function figureCard({ id, title, text, draw, tables }: Figure, width: number): Markup {
  return markup`<section class="card" aria-labelledby="${id}">
<h3 id="${id}">${title}</h3>
<figure role="img" aria-labelledby="${id}" aria-describedby="${id}-text">${drawing(draw, "wide", width)}${drawing(draw, "narrow", NARROW)}</figure>
<p id="${id}-text">${text}</p>
<details><summary>The numbers</summary>${tables.map(numberTable)}</details>
</section>
`;
}

function drawing(draw: Figure["draw"], name: string, width: number): Markup {
  const { content, height } = draw(width);
  return markup`<svg class="${name}" viewBox="0 0 ${width} ${Math.ceil(height)}">${content}</svg>`;
}
