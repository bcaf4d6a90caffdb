import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ChartWords } from "../text/charts.en.ts";
import { drawCurves, drawPhases, RIBBON, type Surface } from "./canvas.ts";
import { type Figure, indexAt, railOf } from "./figure.ts";
import { wholePercent } from "./format.ts";
import type { Box } from "./paths.ts";
import { type Palette, paletteOf } from "./styles.ts";

/** Room for the numbers of an axis, to either side of every plot, so that plots below each other are aligned. In em. */
const GUTTER = 3.4;

/**
 * A figure on a canvas. uPlot draws its axes and moves its cursor; the curves are ours, as uPlot's know neither standard errors
 * nor markers of different shapes, and take a NaN for a value.
 */
export class Plot {
  readonly #host: HTMLElement;
  /** Told after each drawing how many points a drawn pair stands for at most. */
  readonly #onDrawn: (size: number) => void;
  #figure: Figure;
  #words: ChartWords;
  #palette: Palette;
  #chart: uPlot;
  /** What uPlot cannot change once it is built. */
  #built = "";

  constructor(host: HTMLElement, figure: Figure, words: ChartWords, onDrawn: (size: number) => void) {
    this.#host = host;
    this.#onDrawn = onDrawn;
    this.#figure = figure;
    this.#words = words;
    this.#palette = paletteOf(host);
    this.#built = this.#signature();
    this.#chart = this.#build();
  }

  /** Draws anew: other data, theme, language or size. */
  show(figure: Figure, words: ChartWords): void {
    this.#figure = figure;
    this.#words = words;
    this.#palette = paletteOf(this.#host);
    const signature = this.#signature();
    if (signature !== this.#built) {
      this.#built = signature;
      this.#chart.destroy();
      this.#chart = this.#build();
      return;
    }
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width !== this.#chart.width || height !== this.#chart.height) this.#chart.setSize({ width, height });
    this.#chart.setData(this.#ends());
  }

  /** Puts the cursor at a step, or away. */
  place(step: number | null): void {
    const left = step === null ? -10 : this.#chart.valToPos(step, "x");
    this.#chart.setCursor({ left, top: 0 }, false);
  }

  /** The measured step that is nearest to a place on the screen; null beside the plot, and where nothing was measured. */
  stepAt(clientX: number): number | null {
    const { left, width } = this.#chart.over.getBoundingClientRect();
    const rail = railOf(this.#figure);
    if (clientX < left || clientX > left + width || rail === null) return null;
    const step = this.#chart.posToVal(clientX - left, "x");
    const index = indexAt(rail, step);
    const [before, after] = [rail.steps[index], rail.steps[index + 1]];
    if (before === undefined || after === undefined) return before ?? after ?? null;
    return step - before <= after - step ? before : after;
  }

  destroy(): void {
    this.#chart.destroy();
  }

  /** All that uPlot needs to know of the data: where the axis of steps begins and ends. */
  #ends(): uPlot.AlignedData {
    return [Float64Array.from(this.#figure.steps)];
  }

  #signature(): string {
    const { locale } = this.#words; // uPlot writes its ticks anew only where the axis moves
    return `${this.#figure.hasShare} ${this.#fontSize()} ${locale}`;
  }

  #fontSize(): number {
    return Number.parseFloat(getComputedStyle(this.#host).fontSize);
  }

  #build(): uPlot {
    const em = this.#fontSize();
    const gutter = Math.round(GUTTER * em);
    const { hasShare } = this.#figure;
    const font = `${em}px ${getComputedStyle(this.#host).fontFamily}`;
    const axis = { font, stroke: () => this.#palette.soft, ticks: { show: false }, gap: 4 } as const;
    const grid = { stroke: () => this.#palette.soft, width: 0.25 };
    return new uPlot(
      {
        width: this.#host.clientWidth,
        height: this.#host.clientHeight,
        padding: [RIBBON + 2, hasShare ? 0 : gutter, 0, 0],
        legend: { show: false },
        series: [{}],
        scales: {
          x: { time: false, range: () => [...this.#figure.steps] },
          main: { range: () => [...this.#figure.domain] },
          share: { range: () => [0, 1] },
        },
        axes: [
          {
            ...axis,
            scale: "x",
            gap: 8,
            size: 2.1 * em,
            grid: { show: false },
            space: 5 * em,
            incrs: WHOLE,
            values: (_, splits) => splits.map((step, index) => this.#stepText(step, index)),
          },
          {
            ...axis,
            scale: "main",
            size: gutter,
            grid,
            space: 2.8 * em,
            values: (_, splits) => splits.map((value) => this.#figure.tickText(value)),
          },
          {
            ...axis,
            show: hasShare,
            scale: "share",
            side: 1,
            size: gutter,
            stroke: () => this.#palette.purple,
            grid: { show: false },
            space: 2.8 * em,
            values: (_, splits) => splits.map(wholePercent(this.#words.locale)),
          },
        ],
        // Where it stands is decided outside, for all charts that share it, whether by pointer, touch or key.
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: false, y: false, setScale: false },
          bind: DEAF,
        },
        hooks: {
          drawClear: [
            (chart) => drawPhases(this.#surface(chart, font), this.#figure, boxOf(chart), this.#words),
          ],
          draw: [
            (chart) => this.#onDrawn(drawCurves(this.#surface(chart, font), this.#figure, boxOf(chart))),
          ],
        },
      },
      this.#ends(),
      this.#host,
    );
  }

  /** The first tick says what the axis is of: beside it there is room. */
  #stepText(step: number, index: number): string {
    return index === 0 ? `${this.#words.step} ${step}` : String(step);
  }

  #surface({ ctx }: uPlot, font: string): Surface {
    const pixel = uPlot.pxRatio;
    const scaled = font.replace(/^[\d.]+/, (size) => String(0.9 * Number(size) * pixel));
    return { context: ctx, palette: this.#palette, pixel, font: scaled };
  }
}

/** uPlot's own listeners, none of which is wanted. */
const DEAF: uPlot.Cursor.Bind = {
  mousemove: () => null,
  mouseenter: () => null,
  mouseleave: () => null,
  mousedown: () => null,
  mouseup: () => null,
  click: () => null,
  dblclick: () => null,
};

/** Steps between ticks of the axis of steps: whole, in ones, twos and fives. */
const WHOLE = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function boxOf({ bbox: { left, top, width, height } }: uPlot): Box {
  return { left, right: left + width, top, bottom: top + height };
}
