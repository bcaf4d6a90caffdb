import { standaloneSvg } from "../../io/report/svg-figure.ts";
import { joinPath, type Storage } from "../../io/storage.ts";
import { contentOf, isMissing } from "./content.ts";
import type { ComparisonData } from "./data.ts";
import { figuresOf } from "./figures.ts";
import { comparisonHtml } from "./html.ts";
import { FIGURES, reportMarkdown } from "./markdown.ts";

export type { ComparisonData } from "./data.ts";

/**
 * Writes the report of a comparison into its folder: `report.md`, `report.html` and `figures/*.svg`, in place of earlier
 * ones. A comparison that is half done gives a report too, of what there is.
 * @throws BellowsError `storage-failed`
 */
export async function writeComparisonReport(
  storage: Storage,
  folder: string,
  data: ComparisonData,
): Promise<void> {
  const report = contentOf(data);
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  const figures = figuresOf(data).flatMap((figure): [string, Uint8Array[]][] =>
    isMissing(figure)
      ? []
      : [[`${figure.id}.svg`, bytes(standaloneSvg(data.matrix.name, figure.title, figure.draw))]],
  );
  await storage.writeFolder(joinPath(folder, FIGURES), new Map(figures));
  await storage.write(joinPath(folder, "report.md"), bytes(reportMarkdown(report)));
  await storage.write(joinPath(folder, "report.html"), bytes(comparisonHtml(report)));
}
