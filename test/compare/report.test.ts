import { describe, expect, test } from "vitest";
import { contentOf } from "../../src/compare/report/content.ts";
import type { ComparisonData } from "../../src/compare/report/data.ts";
import { figuresOf } from "../../src/compare/report/figures.ts";
import { escapeMarkdown } from "../../src/compare/report/markdown.ts";
import { writeComparisonReport } from "../../src/compare/report/report.ts";
import { verdictOf } from "../../src/compare/report/verdict.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { BASE, comparison, curves, rows, wholeComparison } from "./report-support.ts";

const FIGURES = [
  "cycle-lengths",
  "dynamics",
  "entropy",
  "entropy-baselines",
  "pareto",
  "schedules",
  "shapes",
  "two-stage",
  "words",
];

async function written(data: ComparisonData) {
  const storage = new MemoryStorage();
  await writeComparisonReport(storage, "out", data);
  const read = async (path: string) => new TextDecoder().decode(await storage.read(`out/${path}`));
  const names = await storage.list("out/figures");
  return {
    markdown: await read("report.md"),
    html: await read("report.html"),
    figures: new Map(
      await Promise.all(names.map(async (name) => [name, await read(`figures/${name}`)] as const)),
    ),
  };
}

/** Names of elements that are opened and not closed, or closed and not open. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  for (const [, close, name, empty] of xml.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g,
  )) {
    if (close !== "/" && empty !== "/") open.push(name!);
    else if (close === "/" && open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

const [first] = curves("siri-cosine", {}, 1);

/** Comparisons that are small, broken off or odd. */
const ODD: Readonly<Record<string, ComparisonData>> = {
  nothing: comparison([], []),
  "a starting policy alone": comparison([BASE], []),
  "one run": comparison([BASE, ...rows("siri-cosine", "high", [0.9, 45], 1)], [first!]),
  "no cycle finished": comparison([BASE], curves("siri-cosine", { steps: 30 })),
  "a run without a step": comparison([BASE], curves("siri-cosine", { steps: 0 })),
  "baselines alone": comparison(
    [BASE, ...rows("grpo", "final", [0.9, 45])],
    curves("grpo", { kind: "constant" }),
  ),
  "metrics that are all null": comparison(
    [BASE],
    [
      {
        ...first!,
        steps: {
          ...first!.steps,
          entropy: first!.steps.entropy.map(() => null),
          length: first!.steps.length.map(() => null),
        },
        evals: {
          ...first!.evals,
          acc: first!.evals.acc.map(() => null),
          alt_wrong: first!.evals.step.map(() => null),
        },
      },
    ],
  ),
  "rows without a starting policy": comparison(rows("grpo", "final", [0.9, 45]), []),
};

describe("writeComparisonReport", () => {
  const data = wholeComparison();

  test("writes Markdown, HTML and a picture of each figure", async () => {
    const { markdown, html, figures } = await written(data);
    expect([...figures.keys()].toSorted()).toEqual(FIGURES.map((name) => `${name}.svg`).toSorted());
    for (const name of figures.keys()) expect(markdown).toContain(`(figures/${name})`);
    for (const svg of figures.values()) expect(unbalanced(svg)).toEqual([]);
    for (const part of [html, markdown, ...figures.values()])
      expect(part).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(html).not.toMatch(/<script|src=|href=/);
  });

  test("has every claim in both, with the same verdict", async () => {
    const { markdown, html } = await written(data);
    const claims = contentOf(data).sections.flatMap(({ blocks }) =>
      blocks.flatMap((block) => (typeof block !== "string" && "claims" in block ? block.claims : [])),
    );
    expect(claims.length).toBeGreaterThan(20);
    for (const { id, statement, checks } of claims) {
      const verdict = verdictOf(checks);
      expect(markdown).toContain(`- **${verdict}**: ${escapeMarkdown(statement)}`);
      expect(html.slice(html.indexOf(`id="claim-${id}"`)).slice(0, 120)).toContain(`>${verdict}</strong>`);
    }
  });

  test("counts the verdicts", () => {
    const numbers = [...contentOf(data).lead.matchAll(/\d+/g)].map(Number);
    const [entries, runs, measured, claims, ...verdicts] = numbers;
    expect([entries, runs, measured]).toEqual([7, 19, data.rows.length]);
    expect(verdicts.reduce((sum, count) => sum + count)).toBe(claims);
  });

  test("has all rows in the page", async () => {
    const { html } = await written(data);
    const table = html.slice(html.indexOf('id="rows"'));
    for (const { cell } of data.rows) expect(table).toContain(`>${cell}<`);
  });

  test("says how it was made", async () => {
    const { markdown, html } = await written(data);
    const { command, commit } = data.times;
    for (const part of [markdown, html]) {
      for (const fact of [command, commit, "2,400,000 generated tokens", "2 h 1 min"])
        expect(part).toContain(fact);
    }
  });

  test("is the same for the same data", async () => {
    expect(await written(data)).toEqual(await written(wholeComparison()));
  });

  test("tells first which cells failed, and why", async () => {
    const failed = [{ cell: "grpo-s3", error: "the device | was lost\n<b>twice</b>" }];
    const { markdown, html } = await written({ ...data, failed });
    expect(markdown).toContain("1 more failed.");
    expect(markdown).toContain("| grpo-s3 | the device \\| was lost \\<b\\>twice\\</b\\> |");
    expect(html).toContain("&lt;b&gt;twice");
    expect(html.indexOf("grpo-s3")).toBeLessThan(html.indexOf('id="table-1"'));
  });

  test("says what is not done yet, and which stages of a budget were never reached", () => {
    const unfinished = [3, 4].map((seed) => ({ cell: `grpo-s${seed}`, entry: "grpo" }));
    const stages = [
      { step: 0, cap: 40 },
      { step: 417, cap: 80 },
      { step: 500, cap: 81 },
    ];
    const deepscaler = curves("deepscaler", { kind: "staged" }).map((run, seed) => {
      const schedule = { ...run.config.schedule, kind: "staged" as const, stages };
      const cap = seed === 0 ? run.steps.cap.slice(0, 400) : run.steps.cap;
      return { ...run, steps: { ...run.steps, cap }, config: { ...run.config, schedule } };
    });
    const { lead, sections } = contentOf({ ...data, unfinished, curves: [...data.curves, ...deepscaler] });
    expect(lead).toContain("2 cells of the matrix are not done yet");
    expect(sections[0]!.title).toBe("What is missing");
    expect(sections[0]!.blocks).toEqual([
      expect.stringContaining("in none of the numbers: grpo-s3, s4."),
      expect.stringContaining(
        "stage of 80 tokens, from step 417 on, in 1 of 3 runs, which ended by step 400",
      ),
      expect.stringContaining(
        "stage of 81 tokens, from step 500 on, in 3 of 3 runs, which ended by step 480",
      ),
    ]);
    expect(contentOf(data).sections.map(({ title }) => title)).not.toContain("What is missing");
  });

  test.each(Object.entries(ODD))("copes with %s", async (_, odd) => {
    const { markdown, html, figures } = await written(odd);
    for (const part of [html, markdown, ...figures.values()])
      expect(part).not.toMatch(/NaN|Infinity|undefined/);
    for (const svg of figures.values()) expect(unbalanced(svg)).toEqual([]);
    for (const figure of figuresOf(odd)) {
      if ("missing" in figure)
        expect(markdown).toContain(`${figure.title}: not drawn, as this comparison lacks`);
      else expect(figures.has(`${figure.id}.svg`)).toBe(true);
    }
  });

  test("takes figures of an earlier report away", async () => {
    const storage = new MemoryStorage();
    await writeComparisonReport(storage, "", data);
    await writeComparisonReport(storage, "", ODD["a starting policy alone"]!);
    expect(await storage.list("figures")).toEqual(["pareto.svg"]);
  });
});

test("Markdown shows text as it is", () => {
  expect(escapeMarkdown("a*b_c | L_max _x_ <i>\n`y` [z]\\")).toBe(
    "a\\*b_c \\| L_max \\_x\\_ \\<i\\> \\`y\\` \\[z\\]\\\\",
  );
});
