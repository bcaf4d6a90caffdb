/** What the charts draw. It comes with them. */
import { computed } from "@preact/signals";
import type { ChartProps } from "../charts/live-chart.tsx";
import { configError } from "../state/edit-config.ts";
import * as model from "../state/model.ts";
import { preferences } from "../state/preferences.ts";
import { RunView } from "../state/run-view.ts";
import { chartWords } from "../text/chart-words.ts";

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
    words: chartWords(),
  };
});

/** The build holds these files as text (vite.config.ts), so the links work without a network. */
const sourceUrl = (path: string) => new URL(`source/${path}.txt`, document.baseURI).href;

export const CHART_PROPS: ChartProps = { view, sourceUrl };
