import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";
import type { ChartWords } from "../text/charts.en.ts";
import type { FigureId, Mark } from "./figure.ts";
import { type Entry, Legend } from "./legend.tsx";
import type { TableText } from "./reading.ts";

interface FrameProps {
  readonly id: FigureId;
  readonly words: ChartWords;
  readonly entries: readonly Entry[];
  readonly sourceUrl: (path: string) => string;
  /** What the reader must know of how it is drawn: smoothing, points left out. */
  readonly notes: readonly string[];
  readonly marks: readonly Mark[];
  readonly makeTable: () => TableText;
  /** Buttons, e.g. of exports. */
  readonly actions: ComponentChildren;
  /** What is at the cursor; "" where it is nowhere. */
  readonly reading: string;
  readonly children: ComponentChildren;
}

/** A chart with its title, legend, caption and the same in numbers. While something is read off it, that stands for the caption. */
export function ChartFrame(props: FrameProps) {
  const { id, words, entries, sourceUrl, notes, marks, makeTable, actions, reading, children } = props;
  const { title, about, axis } = words.figures[id];
  const titleId = useId();
  return (
    <figure class={`chart chart-${id}`} aria-labelledby={titleId}>
      <div class="chart-head">
        <h3 id={titleId}>
          {title} {axis !== "" && <span class="chart-axis">{axis}</span>}
        </h3>
        {actions}
      </div>
      <Legend entries={entries} words={words} sourceUrl={sourceUrl} group={titleId} />
      {children}
      <figcaption>
        <div class="chart-caption">
          <p class="chart-text">{[about, ...notes].join(" ")}</p>
          <p class="chart-reading">{reading}</p>
        </div>
        <TableTwin title={title} words={words} makeTable={makeTable} />
        {marks.length > 0 && (
          <ul class="chart-marks">
            {marks.map(({ step, text }) => (
              <li key={`${step} ${text}`}>{words.changed(step, text)}</li>
            ))}
          </ul>
        )}
      </figcaption>
    </figure>
  );
}

/** How often an open table follows its chart, in milliseconds. */
const TABLE_REST = 1000;

interface TableProps {
  readonly title: string;
  readonly words: ChartWords;
  readonly makeTable: () => TableText;
}

/** The numbers of a chart. They are written only while the table is open. */
function TableTwin({ title, words, makeTable }: TableProps) {
  const isOpen = useSignal(false);
  return (
    <details
      class="chart-table"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        {words.table}
        <span class="visually-hidden">: {title}</span>
      </summary>
      {isOpen.value && <Numbers title={title} words={words} makeTable={makeTable} />}
    </details>
  );
}

function Numbers({ title, words, makeTable }: TableProps) {
  const table = useSignal(makeTable());
  useEffect(() => {
    table.value = makeTable();
    const timer = setInterval(() => {
      table.value = makeTable();
    }, TABLE_REST);
    return () => clearInterval(timer);
  }, [makeTable]);
  const { columns, rows, note } = table.value;
  if (rows.length === 0) return <p>{words.empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="chart-scroll" aria-label={title} tabIndex={0}>
      <table>
        <caption>
          {title}
          {note !== "" && ` (${note})`}
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...rest]) => (
            <tr key={first}>
              <th scope="row">{first}</th>
              {rest.map((text, index) => (
                <td key={index}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
