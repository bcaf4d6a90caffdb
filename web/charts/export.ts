/** Files that the page gives away: charts and metrics. */
import type { RunView } from "../state/run-view.ts";
import { metricsCsv, metricsJsonl } from "./export-text.ts";
import type { FigureId } from "./figure.ts";
import type { View } from "./figures.ts";
import { chartSvg } from "./picture.ts";

export { metricsCsv, metricsJsonl } from "./export-text.ts";
export { chartSvg } from "./picture.ts";

export function csvBlob(run: RunView): Blob {
  return new Blob([metricsCsv(run)], { type: "text/csv;charset=utf-8" });
}

export function jsonlBlob(run: RunView): Blob {
  return new Blob([metricsJsonl(run)], { type: "application/jsonl" });
}

export function svgBlob(id: FigureId, view: View): Blob {
  return new Blob([chartSvg(id, view)], { type: "image/svg+xml" });
}

/** Pixels of a PNG for each of the SVG's: sharp on a slide. */
const PNG_SCALE = 2;

/**
 * The SVG as a PNG. Only in a page.
 * @throws DOMException `EncodingError` where the browser cannot draw it.
 */
export async function pngBlob(id: FigureId, view: View): Promise<Blob> {
  const url = URL.createObjectURL(svgBlob(id, view));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = PNG_SCALE * image.naturalWidth;
    canvas.height = PNG_SCALE * image.naturalHeight;
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob === null) reject(new DOMException("the picture is too large", "EncodingError"));
        else resolve(blob);
      }, "image/png");
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}
