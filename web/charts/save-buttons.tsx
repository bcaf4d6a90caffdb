import { saveBlob } from "../state/download.ts";
import type { RunView } from "../state/run-view.ts";
import { attempt } from "../state/session.ts";
import type { ChartWords } from "../text/charts.en.ts";
import type { FigureId } from "./figure.ts";
import type { View } from "./figures.ts";

/** Saves a chart as a picture. The code that draws it is fetched when it is first asked for. */
export function SaveButtons({ id, getView }: { readonly id: FigureId; readonly getView: () => View }) {
  const { words } = getView();
  const { title } = words.figures[id];

  async function save(kind: "svg" | "png"): Promise<void> {
    const { pngBlob, svgBlob } = await import("./export.ts");
    const blob = kind === "svg" ? svgBlob(id, getView()) : await pngBlob(id, getView());
    saveBlob(blob, `bellows-${id}.${kind}`);
  }

  return (
    <span class="chart-save">
      <button
        type="button"
        class="small"
        aria-label={words.saveOf(words.saveSvg, title)}
        onClick={() => attempt(() => save("svg"))}
      >
        {words.saveSvg}
      </button>
      <button
        type="button"
        class="small"
        aria-label={words.saveOf(words.savePng, title)}
        onClick={() => attempt(() => save("png"))}
      >
        {words.savePng}
      </button>
    </span>
  );
}

/** Saves what a run has measured. */
export function SaveMetrics({ run, words }: { readonly run: RunView; readonly words: ChartWords }) {
  async function save(kind: "csv" | "jsonl"): Promise<void> {
    const { csvBlob, jsonlBlob } = await import("./export.ts");
    saveBlob(kind === "csv" ? csvBlob(run) : jsonlBlob(run), `${run.id}.metrics.${kind}`);
  }
  const title = words.metricsOf(run.title.value);
  return (["csv", "jsonl"] as const).map((kind) => {
    const name = kind.toUpperCase();
    const label = words.saveOf(name, title);
    return (
      <button
        key={kind}
        type="button"
        class="small"
        aria-label={label}
        onClick={() => attempt(() => save(kind))}
      >
        {name}
      </button>
    );
  });
}
