import { type Content, type Markup, markup } from "../../io/report/markup.ts";
import { FULL, figureCard, page } from "../../io/report/page.ts";
import { numberTable, settingsTable } from "../../io/report/table.ts";
import type { Block, ReportContent, Section } from "./content.ts";
import reportCss from "./report.css?raw";
import { type Claim, checkText, verdictOf } from "./verdict.ts";

/** The report as one page of HTML that brings all it needs. */
export function comparisonHtml({ title, lead, sections }: ReportContent): string {
  return page(
    title,
    markup`<header>
<p class="name">A comparison made with bellows</p>
<h1>${title}</h1>
</header>
<main>
<p class="lead">${lead}</p>
${sections.map(sectionHtml)}
</main>`,
    reportCss,
  );
}

function sectionHtml({ id, title, blocks }: Section): Markup {
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<div class="figures">${blocks.map(blockHtml)}</div>
</section>
`;
}

function blockHtml(block: Block): Content {
  if (typeof block === "string") return markup`<p>${block}</p>\n`;
  if ("figure" in block) return figureCard(block.figure, FULL);
  if ("claims" in block) return markup`<ol class="claims">${block.claims.map(claimHtml)}</ol>\n`;
  if ("facts" in block)
    return markup`<div class="card">${settingsTable("What was compared, and on what", block.facts)}</div>\n`;
  const table =
    block.table.rows.length === 0
      ? markup`<p>${block.table.caption}: nothing was measured.</p>`
      : numberTable(block.table);
  if (block.detail === undefined) return markup`<div class="card">${table}</div>\n`;
  return markup`<details class="card"><summary>${block.detail}</summary>${table}</details>\n`;
}

function claimHtml({ id, statement, place, checks, sources, note = "" }: Claim): Markup {
  const verdict = verdictOf(checks);
  return markup`<li class="card claim" id="claim-${id}"><p><strong class="verdict ${verdict.replace(" ", "-")}">${verdict}</strong> ${statement} <small>${place}</small></p>
<ul>${checks.map((check) => markup`<li>${checkText(check)}</li>`)}</ul>
${note !== "" && markup`<p>${note}</p>`}
<p class="source">From ${[...new Set(sources)].join("; ")}.</p></li>
`;
}
