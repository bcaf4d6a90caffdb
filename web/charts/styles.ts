/** How curves look. Colour is never alone: dash, weight or marker differ too. */
import { signal } from "@preact/signals";
import { SERIES_STYLES, type Style } from "../../src/io/report/style.ts";

/** Of runs that are overlaid, by slot; beyond six they repeat. */
export const RUN_STYLES: readonly Style[] = [
  { colour: "blue", dash: "", marker: "circle", bold: true },
  { colour: "red", dash: "8 3", marker: "square", bold: true },
  { colour: "green", dash: "3 3", marker: "triangle", bold: true },
  { colour: "purple", dash: "10 3 2 3", marker: "diamond", bold: true },
  { colour: "gold", dash: "6 2 2 2 2 2", marker: "cross", bold: true },
  { colour: "sky", dash: "1 3", marker: "ring", bold: true },
];

export function runStyle(slot: number): Style {
  return RUN_STYLES[slot % RUN_STYLES.length]!;
}

/** Of difficulties, from easy to hard. */
export function levelStyle(level: number): Style {
  return SERIES_STYLES[level % SERIES_STYLES.length]!;
}

/** Of the quantities of one run. */
export const STYLES = {
  budget: { colour: "ink", dash: "", marker: null },
  ahead: { colour: "ink", dash: "2 3", marker: null },
  length: { colour: "blue", dash: "", marker: null, bold: true },
  evaluatedLength: { colour: "red", dash: "5 3", marker: "ring" },
  truncated: { colour: "purple", dash: "", marker: null },
  training: { colour: "sky", dash: "", marker: null },
  pass: { colour: "ink", dash: "", marker: "circle", bold: true },
  entropy: { colour: "blue", dash: "", marker: null, bold: true },
  waitRight: { colour: "green", dash: "", marker: "circle" },
  waitWrong: { colour: "red", dash: "6 3", marker: "square" },
  loss: { colour: "blue", dash: "", marker: null, bold: true },
} as const satisfies Record<string, Style>;

/** A style's dashes for a canvas, in CSS pixels. */
export function dashes({ dash }: Style): number[] {
  return dash === "" ? [] : dash.split(" ").map(Number);
}

/** Line widths in CSS pixels; those of src/io/report/chart.css. */
export function lineWidth({ bold }: Style): number {
  return bold === true ? 2.4 : 1.6;
}

const NAMES = [
  "ink",
  "soft",
  "paper",
  "blue",
  "green",
  "purple",
  "red",
  "gold",
  "sky",
  "compress",
  "hold",
  "expand",
] as const;

/** The custom properties of charts.css, resolved for the theme at hand. */
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--chart-${name}`)]),
  ) as Palette;
}

/** Ends what {@link themeVersion} listens to. */
let watch = new AbortController();

/** Moves when the colours or the size of type may have changed: the system's theme, or what the page's root says of either. */
export const themeVersion = signal(0, {
  watched() {
    watch.abort();
    watch = new AbortController();
    const { signal: ended } = watch;
    const touch = () => {
      this.value += 1;
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", touch, { signal: ended });
    const observer = new MutationObserver(touch);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme", "data-presenter"] });
    ended.addEventListener("abort", () => observer.disconnect());
  },
  unwatched() {
    watch.abort();
  },
});
