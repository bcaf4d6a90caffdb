import { markerPath, type Style } from "../../src/io/report/style.ts";
import type { ChartWords } from "../text/charts.en.ts";
import { type Curve, type CurveId, SOURCES } from "./figure.ts";
import { lineWidth } from "./styles.ts";

/** A curve in the legend: how it looks, and what is said of it. */
export interface Entry {
  readonly id: CurveId;
  readonly name: string;
  readonly style: Style;
  readonly isArea: boolean;
  readonly isFaint: boolean;
  readonly about: string;
  /** Path of the file that computes it. */
  readonly source: string;
}

export function entriesOf(curves: readonly Curve[], words: ChartWords): Entry[] {
  const listed = curves.filter(({ isCompanion }) => isCompanion !== true);
  return listed.map(({ id, name, style, shape, faint }) => ({
    id,
    name,
    style,
    isArea: shape === "area",
    isFaint: faint === true,
    about: words.curves[id].about,
    source: SOURCES[id],
  }));
}

interface LegendProps {
  readonly entries: readonly Entry[];
  readonly words: ChartWords;
  readonly sourceUrl: (path: string) => string;
  /** Of the chart: of its entries, one is open at a time. */
  readonly group: string;
}

/** Names the curves of a chart. An entry opens to what its curve is and the file that computes it. */
export function Legend({ entries, words, sourceUrl, group }: LegendProps) {
  return (
    <ul class="chart-legend">
      {entries.map((entry) => (
        <li key={`${entry.id} ${entry.name}`}>
          <details name={`legend-${group}`}>
            <summary title={entry.about}>
              <Sample entry={entry} />
              {entry.name}
            </summary>
            <p class="chart-about">
              {entry.about} {words.computedIn}{" "}
              <a href={sourceUrl(entry.source)} target="_blank" rel="noreferrer">
                {entry.source}
              </a>
            </p>
          </details>
        </li>
      ))}
    </ul>
  );
}

/** How a curve looks: colour, dash and marker. */
function Sample({ entry: { style, isArea, isFaint } }: { entry: Entry }) {
  const isHollow = style.marker === "ring" || style.marker === "cross";
  return (
    <svg
      class="chart-sample"
      viewBox="0 0 24 12"
      width="24"
      height="12"
      aria-hidden="true"
      style={{ color: `var(--chart-${style.colour})`, opacity: isFaint ? 0.5 : 1 }}
    >
      {isArea && <path d="M1 3h22v9H1z" fill="currentColor" opacity="0.2" />}
      <path
        d={isArea ? "M1 3h22" : "M1 6h22"}
        stroke="currentColor"
        stroke-width={lineWidth(style)}
        stroke-dasharray={style.dash === "" ? undefined : style.dash}
      />
      {style.marker !== null && (
        <path
          d={markerPath(style.marker, 12, 6)}
          fill={isHollow ? "var(--chart-paper)" : "currentColor"}
          stroke={isHollow ? "currentColor" : "none"}
          stroke-width="1.6"
        />
      )}
    </svg>
  );
}
