import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChartWords } from "../text/charts.en.ts";
import { setIfChanged, stepForKey, watchElement } from "./behaviour.ts";
import type { ChartProps } from "./chart.tsx";
import { SOURCES } from "./figure.ts";
import { fixed, percent } from "./format.ts";
import { ChartFrame } from "./frame.tsx";
import type { Entry } from "./legend.tsx";
import type { TableText } from "./reading.ts";
import { SaveButtons } from "./save-buttons.tsx";
import { drawTrails, type Stop, stopName, stopText, type Trail, trailsOf } from "./trail.ts";

const DEFAULT_WIDTH = 480;

/** The way of each run through accuracy and length (SIRI figure 1). The arrow keys walk along the current run's evaluations. */
export function TrailChart({ view, sourceUrl }: Omit<ChartProps, "sync">) {
  const host = useRef<HTMLDivElement>(null);
  const trails = useSignal<readonly Trail[]>([]);
  const width = useSignal("");
  const isVisible = useSignal(false);
  const at = useSignal<number | null>(null);
  const language = useRef<ChartWords | null>(null);

  useEffect(() => watchElement(host.current!, isVisible, width), []);
  useSignalEffect(() => {
    const now = view.value;
    for (const run of now.current === null ? now.runs : [...now.runs, now.current]) run.version.value;
    // Out of sight too where there is none yet: the legend must not come into being behind the back of the Tab key; and in
    // another language: a legend is read by those who do not see it.
    const isStale = trails.peek().length === 0 || language.current !== now.words;
    if (!isVisible.value && !isStale) return;
    language.current = now.words;
    setIfChanged(trails, trailsOf(now));
  });

  const { words, current, runs, overlay } = view.value;
  const walked = trails.value[overlay ? Math.max(0, current === null ? 0 : runs.indexOf(current)) : 0];
  const stops = walked?.stops ?? [];
  const steps = Float64Array.from(stops, ({ step }) => step);
  const stop = stops.find(({ step }) => step === at.value);
  const reading = stop === undefined ? "" : spoken(stop, words);
  const pixels = Number.parseInt(width.value, 10) || DEFAULT_WIDTH;
  const { content, height } = drawTrails(trails.value, pixels, words, stop);

  function onKeyDown(event: KeyboardEvent): void {
    const target = stepForKey(event.key, { steps, values: steps }, at.value);
    if (target === null) return;
    event.preventDefault();
    at.value = target;
  }

  return (
    <ChartFrame
      id="trail"
      words={words}
      entries={trails.value.map((trail) => entryOf(trail, words))}
      sourceUrl={sourceUrl}
      notes={[]}
      marks={[]}
      makeTable={() => tableOf(trailsOf(view.peek()), words)}
      actions={<SaveButtons id="trail" getView={() => view.value} />}
      reading={reading}
    >
      <div
        ref={host}
        role="slider"
        tabIndex={0}
        aria-label={words.cursor(words.figures.trail.title)}
        aria-valuemin={stops[0]?.step ?? 0}
        aria-valuemax={stops.at(-1)?.step ?? 0}
        aria-valuenow={stop?.step ?? stops[0]?.step ?? 0}
        aria-valuetext={reading === "" ? words.empty : reading}
        onKeyDown={onKeyDown}
      >
        <svg
          class="chart-drawing"
          viewBox={`0 0 ${pixels} ${height}`}
          aria-hidden="true"
          // What is not our own in it is escaped (src/io/report/markup.ts).
          dangerouslySetInnerHTML={{ __html: content.text }}
        />
      </div>
    </ChartFrame>
  );
}

function spoken(stop: Stop, words: ChartWords): string {
  const name = stopName(stop, words);
  return `${name === "" ? "" : `${name}: `}${stopText(stop, words)}`;
}

function entryOf({ name, style }: Trail, words: ChartWords): Entry {
  const { about } = words.curves.trail;
  return { id: "trail", name, style, isArea: false, isFaint: false, about, source: SOURCES.trail };
}

function tableOf(trails: readonly Trail[], words: ChartWords): TableText {
  const [share, tokens] = [percent(words.locale), fixed(words.locale, 2)];
  const isOne = trails.length === 1;
  const rows = trails.flatMap(({ name, stops }) =>
    stops.map((stop) => [
      isOne ? `${stop.step}` : `${name}, ${stop.step}`,
      tokens(stop.length),
      Number.isNaN(stop.error) ? share(stop.accuracy) : `${share(stop.accuracy)} ± ${share(stop.error)}`,
      stopName(stop, words),
    ]),
  );
  return { columns: [words.step, words.tokens, words.accuracyAxis, words.turn], rows, note: "" };
}
