import chartCss from "./chart.css?raw";
import { type Drawing, drawChart } from "./chart.ts";
import { parseLog, type ReportData } from "./data.ts";
import { markup, verbatim } from "./markup.ts";
import { accuracyPanel, frame, lengthPanel } from "./panels.ts";
import { headline } from "./story.ts";
import { summarise } from "./summary.ts";

const WIDTH = 900;
const MARGIN = 22;

/**
 * A run as one SVG picture that stands alone, for a README: budget and length above, accuracy by difficulty below. It
 * brings its own background, light or dark as the reader's system is, and asks nothing of the page around it.
 * @throws BellowsError `input-invalid` as {@link parseLog} does.
 */
export function figureSvg(data: ReportData): string {
  const log = parseLog(data.lines);
  const summary = summarise(log, data.config);
  const title = headline(log, summary);
  return standaloneSvg(data.name, title, (width) =>
    drawChart(
      {
        ...frame(log, summary),
        panels: [lengthPanel(log, summary, 165), accuracyPanel(log, 165)],
        readings: [],
      },
      width,
    ),
  );
}

/** A drawing with its title above as a picture of its own. */
export function standaloneSvg(name: string, title: string, draw: (width: number) => Drawing): string {
  const drawing = draw(WIDTH - 2 * MARGIN);
  const top = 52;
  const height = Math.ceil(top + drawing.height + 14);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${name}: ${title}</title>
<style>${verbatim(chartCss)}</style>
<rect class="card" width="${WIDTH}" height="${height}" rx="10"/>
<text class="headline" x="${MARGIN}" y="34">${title}</text>
<g transform="translate(${MARGIN} ${top})">${drawing.content}</g>
</svg>
`.text;
}
