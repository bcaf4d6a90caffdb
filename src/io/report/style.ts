import { type Markup, markup } from "./markup.ts";

/** How a series looks. Colour is never alone: dash or marker differ too. */
export interface Style {
  /** A class of chart.css: Okabe and Ito's colours, darker or lighter where the background asks for it. */
  readonly colour: "ink" | "blue" | "green" | "purple" | "red" | "gold" | "sky";
  /** SVG's stroke-dasharray; "" is a solid line. */
  readonly dash: string;
  readonly marker: Marker | null;
  readonly bold?: boolean;
}

export type Marker = "circle" | "square" | "triangle" | "diamond" | "cross" | "ring";

/** Series that are alike in kind: levels of difficulty, from easy to hard. Beyond six they repeat. */
export const SERIES_STYLES: readonly Style[] = [
  { colour: "green", dash: "", marker: "circle" },
  { colour: "blue", dash: "7 3", marker: "square" },
  { colour: "purple", dash: "2 3", marker: "triangle" },
  { colour: "red", dash: "9 3 2 3", marker: "diamond" },
  { colour: "gold", dash: "4 4", marker: "cross" },
  { colour: "sky", dash: "1 2", marker: "ring" },
];

/** The path of a marker around (x, y), of about 7 pixels. */
export function markerPath(marker: Marker, x: number, y: number): string {
  const at = `${round(x)} ${round(y)}`;
  switch (marker) {
    case "circle":
    case "ring":
      return `M${at}m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z`;
    case "square":
      return `M${at}m-3-3h6v6h-6z`;
    case "triangle":
      return `M${at}m0-4l3.8 6.6h-7.6z`;
    case "diamond":
      return `M${at}m0-4.4l4.4 4.4-4.4 4.4-4.4-4.4z`;
    case "cross":
      return `M${at}m-3-3l6 6m-6 0l6-6`;
  }
}

/** Pixels to a tenth, which no eye can tell apart and which keeps files small. */
export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Text in a drawing, at its baseline. */
export function label(
  style: string,
  anchor: "start" | "middle" | "end",
  x: number,
  y: number,
  text: string,
): Markup {
  return markup`<text class="${style}" text-anchor="${anchor}" x="${round(x)}" y="${round(y)}">${text}</text>`;
}

/** Width of text in the 12-pixel sans-serif of the charts, rather too wide than too narrow. */
export function textWidth(text: string): number {
  return [...text].reduce((width, character) => width + characterWidth(character), 0);
}

/** As {@link textWidth}, of bold text. */
export function boldWidth(text: string): number {
  return 1.12 * textWidth(text);
}

function characterWidth(character: string): number {
  if ("fijlrtI.,:;'|()[]1 ".includes(character)) return 4.6;
  return "mwMW%@".includes(character) ? 10.5 : 7.4;
}
