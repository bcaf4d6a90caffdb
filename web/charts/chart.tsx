import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Domain } from "../../src/io/report/scale.ts";
import "./charts.css";
import { setIfChanged, sharedCursor, stepForKey, watchElement } from "./behaviour.ts";
import { type Figure, type Mark, type PlotId, railOf } from "./figure.ts";
import { makeFigure, type View } from "./figures.ts";
import { ChartFrame } from "./frame.tsx";
import { type Entry, entriesOf } from "./legend.tsx";
import { Plot } from "./plot.ts";
import { readingAt, tableOf } from "./reading.ts";
import { SaveButtons } from "./save-buttons.tsx";
import { themeVersion } from "./styles.ts";

export interface ChartProps {
  /** What is drawn; the chart follows it, and the runs in it, by itself. */
  readonly view: ReadonlySignal<View>;
  /** Address of a file of the repository, for the links to what computes a curve. */
  readonly sourceUrl: (path: string) => string;
  /** Charts with the same key share their cursor. */
  readonly sync?: string;
}

/** A chart over steps: drawn at most once a frame, and only while it is on the screen. */
export function Chart({ id, view, sourceUrl, sync = "steps" }: ChartProps & { id: PlotId }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const figure = useRef<Figure>(makeFigure(id, view.peek()));
  const shown = useSignal(shownOf(figure.current, view.peek()));
  const pairSize = useSignal(1);
  const cursor = sharedCursor(sync);
  const reading = useSignal("");
  const isVisible = useSignal(false);
  const size = useSignal("");

  useEffect(() => watchElement(host.current!, isVisible, size), []);
  useEffect(() => () => plot.current?.destroy(), []);

  useSignalEffect(() => {
    const now = view.value;
    follow(now);
    themeVersion.value;
    if (!isVisible.value || size.value === "") return;
    const frame = requestAnimationFrame(() => {
      figure.current = makeFigure(id, now);
      const { words } = now;
      plot.current ??= new Plot(host.current!, figure.current, words, (points) => {
        pairSize.value = points;
      });
      plot.current.show(figure.current, words);
      setIfChanged(shown, shownOf(figure.current, now));
      read();
    });
    return () => cancelAnimationFrame(frame);
  });

  // In another language also out of sight: a legend is read by those who do not see it.
  const language = useComputed(() => view.value.words);
  useSignalEffect(() => {
    const now = { ...view.peek(), words: language.value };
    setIfChanged(shown, shownOf(makeFigure(id, now), now));
  });

  useSignalEffect(read);

  /** Puts the cursor where all charts have it, and says what is there. */
  function read(): void {
    const step = cursor.value;
    plot.current?.place(step);
    reading.value = step === null ? "" : readingAt(figure.current, step, view.peek().words);
  }

  const { words } = view.value;
  const { title } = words.figures[id];
  const { entries, marks, isSmoothed, hasCompanions, steps } = shown.value;

  function onKeyDown(event: KeyboardEvent): void {
    const rail = railOf(figure.current);
    const target = rail === null ? null : stepForKey(event.key, rail, cursor.value);
    if (target === null) return;
    event.preventDefault();
    cursor.value = target;
  }

  return (
    <ChartFrame
      id={id}
      words={words}
      entries={entries}
      sourceUrl={sourceUrl}
      notes={[
        ...(hasCompanions ? [words.budgets] : []),
        ...(isSmoothed ? [words.smoothed] : []),
        ...(pairSize.value > 1 ? [words.decimated(pairSize.value)] : []),
      ]}
      marks={id === "length" || id === "loss" ? marks : []}
      makeTable={() => tableOf(makeFigure(id, view.peek()), words)}
      actions={<SaveButtons id={id} getView={() => view.value} />}
      reading={reading.value}
    >
      <div
        ref={host}
        class="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label={words.cursor(title)}
        aria-valuemin={steps[0]}
        aria-valuemax={steps[1]}
        aria-valuenow={cursor.value ?? steps[0]}
        aria-valuetext={reading.value === "" ? words.empty : reading.value}
        onKeyDown={onKeyDown}
        onPointerMove={({ clientX }) => {
          cursor.value = plot.current?.stepAt(clientX) ?? null;
        }}
        onPointerLeave={() => {
          cursor.value = null;
        }}
      />
    </ChartFrame>
  );
}

/** What of a figure stands outside the canvas. */
interface Shown {
  readonly entries: readonly Entry[];
  readonly marks: readonly Mark[];
  readonly isSmoothed: boolean;
  readonly hasCompanions: boolean;
  readonly steps: Domain;
}

function shownOf({ curves, marks, steps }: Figure, { words }: View): Shown {
  const isSmoothed = curves.some(({ smoothed }) => smoothed !== undefined);
  const hasCompanions = curves.some(({ isCompanion }) => isCompanion === true);
  return { entries: entriesOf(curves, words), marks, isSmoothed, hasCompanions, steps };
}

/** Reads everything whose change asks for a new drawing. */
function follow({ runs, current }: View): void {
  for (const run of current === null ? runs : [...runs, current]) {
    run.version.value;
    run.name.value;
    run.config.value;
  }
}
