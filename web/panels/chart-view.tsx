import { computed } from "@preact/signals";
import type { ChartProps } from "../charts/live-chart.tsx";
import { configError } from "../state/edit-config.ts";
import * as model from "../state/model.ts";
import { prefer, preferences } from "../state/preferences.ts";
import { RunView } from "../state/run-view.ts";
import { t } from "../text/index.ts";
import { lazy } from "./lazy.tsx";

/**
 * Settles once it is known whether there is a device, which is when Play can be pressed: what Play needs is fetched first. The
 * mark is what test/browser/weight.test.ts measures by.
 */
const deviceIsKnown = new Promise<void>((resolve) => {
  model.device.subscribe((device) => {
    if (device === null) return;
    performance.mark("device known");
    resolve();
  });
});

async function charts() {
  await deviceIsKnown;
  return import("../charts/live-chart.tsx");
}

async function trailChart() {
  await deviceIsKnown;
  return import("../charts/trail-chart.tsx");
}

const LengthChart = lazy<ChartProps>(async () => (await charts()).LengthChart);
const AccuracyChart = lazy<ChartProps>(async () => (await charts()).AccuracyChart);
const EntropyChart = lazy<ChartProps>(async () => (await charts()).EntropyChart);
const WaitChart = lazy<ChartProps>(async () => (await charts()).WaitChart);
const LossChart = lazy<ChartProps>(async () => (await charts()).LossChart);
const TrailChart = lazy<Omit<ChartProps, "sync">>(async () => (await trailChart()).TrailChart);

/** The run that Play would begin: its phases and its budget are drawn before it is there. Null while the settings are wrong. */
const planned = computed(() =>
  configError(model.draft.value) === null ? new RunView("planned", "rl", "", model.draft.value, 0) : null,
);

const view = computed(() => {
  const runs = model.runs.value.filter(({ shown }) => shown.value);
  return {
    runs,
    current: model.current.value ?? planned.value,
    overlay: preferences.value.overlay && runs.length > 0,
    smoothing: preferences.value.smoothing,
    words: t().charts,
  };
});

/** The build holds these files as text (vite.config.ts), so the links work without a network. */
const sourceUrl = (path: string) => new URL(`source/${path}.txt`, document.baseURI).href;

/** Whether there is room for everything; else what is not the story waits behind a word. */
const isWide = matchMedia("(min-width: 1000px)").matches;

/** The two charts that tell the story, and the rest below them. */
export function Charts() {
  const words = t().view;
  const props = { view, sourceUrl };
  const isTaught = model.current.value?.kind === "sft";
  return (
    <section class="charts" aria-label={words.label} data-tour="charts">
      <h2 class="unseen">{words.label}</h2>
      <ViewChoice />
      {isTaught && (
        <div class="chart-place">
          <LossChart {...props} />
        </div>
      )}
      <div class="chart-place" data-tour="length">
        <LengthChart {...props} />
      </div>
      <div class="chart-place" data-tour="accuracy">
        <AccuracyChart {...props} />
      </div>
      <details open={isWide}>
        <summary>{words.more}</summary>
        <div class="more">
          <div data-tour="trail">
            <TrailChart {...props} />
          </div>
          <EntropyChart {...props} />
          <WaitChart {...props} />
        </div>
      </details>
    </section>
  );
}

function ViewChoice() {
  const words = t().view;
  const { overlay, smoothing } = preferences.value;
  return (
    <div class="view">
      <fieldset>
        <legend>{words.overlay}</legend>
        <label>
          <input type="radio" name="overlay" checked={!overlay} onChange={() => prefer({ overlay: false })} />
          {words.live}
        </label>
        <label>
          <input type="radio" name="overlay" checked={overlay} onChange={() => prefer({ overlay: true })} />
          {words.each}
        </label>
      </fieldset>
      <label>
        {words.smoothing}
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smoothing}
          aria-valuetext={`${Math.round(100 * smoothing)} %`}
          onInput={({ currentTarget }) => prefer({ smoothing: currentTarget.valueAsNumber })}
        />
      </label>
    </div>
  );
}
