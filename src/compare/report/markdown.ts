import type { Cell, Table } from "../../io/report/table.ts";
import type { Block, ReportContent } from "./content.ts";
import { type Claim, checkText, verdictOf } from "./verdict.ts";

/** The folder of the figures, beside the report. */
export const FIGURES = "figures";

/** The report in GitHub's Markdown, with its figures as files beside it. */
export function reportMarkdown({ title, lead, sections }: ReportContent): string {
  const parts = sections.flatMap((section) => [
    `## ${escapeMarkdown(section.title)}`,
    ...section.blocks.map(blockText),
  ]);
  return `${[`# ${escapeMarkdown(title)}`, escapeMarkdown(lead), ...parts].join("\n\n")}\n`;
}

function blockText(block: Block): string {
  if (typeof block === "string") return escapeMarkdown(block);
  if ("figure" in block) {
    const { id, title, text } = block.figure;
    return `### ${escapeMarkdown(title)}\n\n![${escapeMarkdown(title)}](${FIGURES}/${id}.svg)\n\n${escapeMarkdown(text)}`;
  }
  if ("claims" in block) return block.claims.map(claimLine).join("\n");
  if ("facts" in block) {
    return block.facts
      .map(([name, value]) => `- ${escapeMarkdown(name)}: ${escapeMarkdown(value)}`)
      .join("\n");
  }
  // All rows are in report.html and rows.jsonl.
  return block.detail === undefined
    ? tableText(block.table)
    : `${escapeMarkdown(block.detail)}: see report.html.`;
}

function claimLine({ statement, place, checks, sources, note }: Claim): string {
  const words = [
    `${statement} (${place}) ${checks.map(checkText).join("; ")}.`,
    ...(note === undefined ? [] : [note]),
    `From ${[...new Set(sources)].join("; ")}.`,
  ];
  return `- **${verdictOf(checks)}**: ${escapeMarkdown(words.join(" "))}`;
}

function tableText({ caption, columns, rows }: Table): string {
  if (rows.length === 0) return `${escapeMarkdown(caption)}: nothing was measured.`;
  const line = (cells: readonly Cell[]) => `| ${cells.map(cellText).join(" | ")} |`;
  const rule = columns.map((_, index) => (index === 0 ? "---" : "---:"));
  return [
    `${escapeMarkdown(caption)}.`,
    "",
    line(columns),
    `| ${rule.join(" | ")} |`,
    ...rows.map(line),
  ].join("\n");
}

function cellText(cell: Cell): string {
  return typeof cell === "string" ? escapeMarkdown(cell) : `**${escapeMarkdown(cell.best)}**`;
}

/** Text that Markdown shows as it is, on one line: names and errors come from files that may hold anything. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[\\`*<>|[\]&]/g, "\\$&")
    .replace(/(?<!\w)_|_(?!\w)/g, "\\_");
}
