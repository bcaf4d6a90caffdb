import * as model from "../state/model.ts";
import { prefer, preferences } from "../state/preferences.ts";
import { t } from "../text/index.ts";
import { deviceIsKnown } from "./device-known.ts";
import { lazy } from "./lazy.tsx";

/** A chart, and what it draws: both are fetched when it is first drawn. */
function chart(name: "LengthChart" | "AccuracyChart" | "EntropyChart" | "WaitChart" | "LossChart") {
  return lazy<object>(async () => {
    await deviceIsKnown;
    const [charts, { CHART_PROPS }] = await Promise.all([
      import("../charts/live-chart.tsx"),
      import("./live-view.ts"),
    ]);
    const Chart = charts[name];
    return () => <Chart {...CHART_PROPS} />;
  });
}

const LengthChart = chart("LengthChart");
const AccuracyChart = chart("AccuracyChart");
const EntropyChart = chart("EntropyChart");
const WaitChart = chart("WaitChart");
const LossChart = chart("LossChart");
const TrailChart = lazy<object>(async () => {
  await deviceIsKnown;
  const [{ TrailChart: Chart }, { CHART_PROPS }] = await Promise.all([
    import("../charts/trail-chart.tsx"),
    import("./live-view.ts"),
  ]);
  return () => <Chart {...CHART_PROPS} />;
});

/** Whether there is room for everything; else what is not the story waits behind a word. */
const isWide = matchMedia("(min-width: 1000px)").matches;

/** The two charts that tell the story, and the rest below them. */
export function Charts() {
  const words = t().view;
  const isTaught = model.current.value?.kind === "sft";
  return (
    <section class="charts" aria-label={words.label} data-tour="charts">
      <h2 class="unseen">{words.label}</h2>
      <ViewChoice />
      {isTaught && (
        <div class="chart-place">
          <LossChart />
        </div>
      )}
      <div class="chart-place" data-tour="length">
        <LengthChart />
      </div>
      <div class="chart-place" data-tour="accuracy">
        <AccuracyChart />
      </div>
      <details open={isWide}>
        <summary>{words.more}</summary>
        <div class="more">
          <div data-tour="trail">
            <TrailChart />
          </div>
          <EntropyChart />
          <WaitChart />
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
