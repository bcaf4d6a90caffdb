import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Fields } from "../../src/io/report/data.ts";
import { escapeText, markup } from "../../src/io/report/markup.ts";
import { reportHtml } from "../../src/io/report/report.ts";
import { figureSvg } from "../../src/io/report/svg-figure.ts";
import { MOST_ROWS } from "../../src/io/report/table.ts";
import { breathingLines, dataOf, evalLine, REAL_LINES, stepLine } from "./report-support.ts";

const REAL = reportHtml(dataOf(REAL_LINES));

/** The texts of a table's cells, row by row, without its head. */
function rowsOf(html: string, caption: string): string[][] {
  const table = html.match(new RegExp(`<table class="numbers" aria-label="${caption}">.*?</table>`, "s"))![0];
  return table
    .split("<tr>")
    .slice(2)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)/g)].map((cell) => cell[1]!.trim()));
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

/** What is left of `<`, elements that run something and characters that break a file, when all sound tags are gone. */
function strayMarkup(text: string): string {
  const tag = /<!doctype html>|<\/?(?!script|img)[a-z][\w-]*(?:\s+(?!on)[\w:-]+="[^"<>]*")*\s*\/?>/gi;
  return text
    .replace(/<style>[^<]*<\/style>/, "")
    .replace(tag, "")
    .replace(/[^<\0\p{Cs}]/gu, "");
}

/** Runs that are short, broken off or odd. */
const ODD_RUNS: Readonly<Record<string, readonly Fields[]>> = {
  nothing: [],
  "one evaluation": [evalLine(0, 0.5, 60)],
  "one step": [stepLine(0)],
  "no evaluation": breathingLines(40, 5).filter(({ type }) => type === "step"),
  "no step": breathingLines(40, 5).filter(({ type }) => type === "eval"),
  "a run that was stopped": breathingLines(33, 5),
  "metrics that are all null": breathingLines(20, 5).map((line) => ({
    ...line,
    ...{ "eval/acc": null, "eval/acc_se": null, "eval/mean_length": null, "completions/mean_length": null },
  })),
  "accuracy 0 and length 0": [evalLine(0, 0, 0), stepLine(0, { acc: 0, entropy: 0 }), evalLine(1, 0, 0)],
  "levels that differ between evaluations": [
    evalLine(0, 0.5, 60, { levels: [] }),
    evalLine(9, 0.5, 60, { levels: [{ name: "one", accuracy: 0.5 }] }),
  ],
};

describe("reportHtml", () => {
  test("has the numbers of the log", () => {
    const training = rowsOf(REAL, "Training, step by step");
    const steps = REAL_LINES.filter(({ type }) => type === "step");
    expect(training).toHaveLength(160);
    expect(training).toEqual(
      steps.map((line) => [
        `${line.step}`,
        "1",
        line.phase,
        `${line.cap}`,
        (line["completions/mean_length"] as number).toFixed(2),
        `${(100 * (line["completions/clipped_ratio"] as number)).toFixed(1)}%`,
      ]),
    );
    const evals = REAL_LINES.filter(({ type }) => type === "eval");
    const points = (share: unknown) => (100 * (share as number)).toFixed(1);
    expect(rowsOf(REAL, "Right answers in %, with standard errors")).toEqual(
      evals.map((line) => [
        `${line.step}`,
        `${points(line["eval/acc"])} ± ${points(line["eval/acc_se"])}`,
        ...(line.levels as Fields[]).map((l) => `${points(l.accuracy)} ± ${points(l.standardError)}`),
      ]),
    );
    expect(rowsOf(REAL, "“wait” per response").map((row) => row[2])).toEqual(
      evals.map((line) => (line["eval/words/wait_correct"] as number).toFixed(3)),
    );
  });

  test("opens with the story", () => {
    expect(REAL).toContain("<h1>From 49% right with 59 tokens to 79% right with 43 tokens</h1>");
    expect(REAL).toContain('<dd class="value">79.1%</dd><dd class="note">was 48.8%</dd>');
    expect(REAL).toContain("<td>11.5 ± 2.4 → 64.0 ± 4.4<td>+52.5<td>75.5 → 50.9<td>−24.6<td>77.0% → 0.0%");
  });

  test("shows settings, environment and warnings", () => {
    const warning = { type: "warning", step: 7, code: "x", message: "all groups are alike" };
    const html = reportHtml(dataOf([...REAL_LINES, warning]));
    expect(html).toContain('<th scope="row">schedule.lmin<td>40');
    expect(html).toContain('<th scope="row">schedule.stages<td>[]');
    expect(html).toContain('<th scope="row">adapter.vendor<td>mesa');
    expect(html).toContain("Warning at step 7: all groups are alike");
  });

  test("fetches nothing and runs nothing", () => {
    expect(REAL).not.toMatch(/https?:|\/\/\w|url\(|@import|<script|<link|<img|<iframe|\son\w+=/i);
    expect(REAL).toMatch(/<style>.*prefers-color-scheme: dark.*<\/style>/s);
    expect(REAL).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test("gives every chart a name, a description and its numbers", () => {
    const figures = [
      ...REAL.matchAll(/<figure role="img" aria-labelledby="([^"]+)" aria-describedby="([^"]+)">/g),
    ];
    expect(figures).toHaveLength(6);
    for (const [, name, description] of figures) {
      expect(REAL).toContain(`<h3 id="${name}">`);
      expect(REAL).toContain(`<p id="${description}">`);
    }
    expect(REAL.match(/<summary>The numbers<\/summary>/g)).toHaveLength(6);
    const ids = [...REAL.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(Object.entries(ODD_RUNS))("of %s is a whole page without nonsense", (_, lines) => {
    for (const config of [{}, { rl: { steps: 160 }, schedule: { cycle: 80 } }]) {
      const html = reportHtml(dataOf(lines, config));
      expect(html).toContain("</html>");
      expect(html).not.toMatch(/NaN|Infinity|undefined|null|\[object/);
      expect(unbalanced(figureSvg(dataOf(lines, config)))).toEqual([]);
    }
  });

  test("of a run that was stopped says so first", () => {
    const html = reportHtml(dataOf(breathingLines(33, 5)));
    expect(html).toContain('<p class="notice">This run is not finished: 33 of 160 steps are logged.</p>');
    expect(REAL).not.toContain('class="notice"');
  });

  test("stays below 500 kB for 480 steps", () => {
    const lines = [0, 160, 320].flatMap((offset, cycle) =>
      REAL_LINES.map((line) => ({ ...line, step: (line.step as number) + offset, cycle })),
    );
    const bytes = new TextEncoder().encode(reportHtml(dataOf(lines, {}))).length;
    expect(bytes).toBeGreaterThan(200_000); // all tables are there
    expect(bytes).toBeLessThan(500_000);
  });

  test("thins long tables and says so", () => {
    const lines = Array.from({ length: 2 * MOST_ROWS + 1 }, (_, step) => stepLine(step, { entropy: 0.1 }));
    const rows = rowsOf(reportHtml(dataOf(lines)), "Entropy in training, step by step");
    expect(rows.length).toBeLessThanOrEqual(MOST_ROWS + 1);
    expect(rows.at(-1)![0]).toBe(`${2 * MOST_ROWS}`);
    expect(reportHtml(dataOf(lines))).toContain(
      `Of ${2 * MOST_ROWS + 1} rows, one in 3 and the last are shown`,
    );
  });
});

describe("hostile text", () => {
  const HOSTILE = `</title></style></script><script>alert(1)</script>"><img src=x onerror='alert(2)'>&lt;\u0000\ud800`;
  const HARMLESS = escapeText(HOSTILE);
  const data = {
    name: HOSTILE,
    task: HOSTILE,
    config: { [HOSTILE]: HOSTILE, list: [HOSTILE], rl: { [HOSTILE]: 1 } },
    environment: { [HOSTILE]: { [HOSTILE]: HOSTILE } },
    lines: [
      ...[0, 1].map((step) =>
        evalLine(step, 0.5, 20, {
          levels: [
            {
              name: HOSTILE,
              standsFor: HOSTILE,
              accuracy: 0.5,
              standardError: 0.1,
              meanLength: 20,
              truncated: 0,
            },
          ],
          examples: [
            {
              level: 0,
              prompt: HOSTILE,
              response: `wait ${HOSTILE}`,
              answer: HOSTILE,
              correct: true,
              length: 5,
            },
          ],
        }),
      ),
      stepLine(0),
      { type: "warning", step: 0, message: HOSTILE },
      { type: "marker", step: 0, changes: [{ path: HOSTILE, from: HOSTILE, to: [HOSTILE] }] },
    ],
  };

  test("is escaped wherever it stands in the page", () => {
    const html = reportHtml(data);
    expect(strayMarkup(html)).toBe("");
    expect(html.match(/<title>/g)).toHaveLength(html.match(/<\/title>/g)!.length);
    expect(html.split(HARMLESS).length).toBeGreaterThan(15);
  });

  test("is escaped in the picture, which stays well-formed", () => {
    const svg = figureSvg(data);
    expect(strayMarkup(svg)).toBe("");
    expect(unbalanced(svg)).toEqual([]);
    expect(svg.split(HARMLESS)).toHaveLength(3); // its title and a level
  });

  test("escapes what HTML and XML give a meaning, and what they cannot hold", () => {
    expect(escapeText(`a<b>&"'`)).toBe("a&lt;b&gt;&amp;&quot;&#39;");
    expect(escapeText("a\tb\nc\u0000\u001b\ud83d\ude00\ud83d")).toBe("a\tb\nc\ufffd\ufffd\ud83d\ude00\ufffd");
    expect(markup`<p title="${'"'}">${["<", null, false, markup`<b>${1}</b>`]}</p>`.text).toBe(
      '<p title="&quot;">&lt;<b>1</b></p>',
    );
  });
});

describe("figureSvg", () => {
  const svg = figureSvg(dataOf(REAL_LINES));

  test("stands alone", () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 900 \d+" width="900"/);
    expect(svg.match(/https?:/g)).toHaveLength(1); // the name space
    expect(svg).toMatch(/<style>.*prefers-color-scheme: dark.*<\/style>/s);
    expect(svg).not.toMatch(/url\(|@import|<script|href|\svar\(/);
    expect(unbalanced(svg)).toEqual([]);
  });

  test("tells the run: headline, budget, lengths, levels, phases", () => {
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map((match) => match[1]);
    expect(texts).toContain("From 49% right with 59 tokens to 79% right with 43 tokens");
    for (const name of ["budget", "mean length in training", "5 operations", "all", "compress", "expand"]) {
      expect(texts).toContain(name);
    }
  });

  test("is small", () => {
    expect(svg.length).toBeLessThan(40_000);
  });
});

describe("colours", () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../src/io/report/${name}`, import.meta.url), "utf8");
  const schemes = (css: string) => {
    const [light, dark] = css.split("(prefers-color-scheme: dark)");
    return { light: light!, dark: dark!.split("\n}")[0]! };
  };

  /** WCAG 2.2's ratio of two colours, `#rgb` or `#rrggbb`. */
  const contrast = (a: string, b: string) => {
    const luminance = (colour: string) => {
      const full = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
      const [red, green, blue] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(full.slice(at, at + 2), 16) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (bright! + 0.05) / (dim! + 0.05);
  };

  test.each(["light", "dark"] as const)("are legible: %s", (scheme) => {
    const page = schemes(read("page.css"))[scheme];
    const colour = (name: string) => page.match(new RegExp(`--${name}: (#\\w+)`))![1]!;
    for (const ground of ["paper", "card"]) {
      for (const name of ["ink", "soft", "accent", "right", "wrong"]) {
        expect(contrast(colour(name), colour(ground)), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(colour("ink"), colour("mark")), "ink on mark").toBeGreaterThanOrEqual(4.5);
    const chart = schemes(read("chart.css"))[scheme];
    for (const name of ["ink", "blue", "green", "purple", "red", "gold", "sky"]) {
      const line = chart.match(new RegExp(`\\.${name} {\\s+color: (#\\w+)`))![1]!;
      expect(contrast(line, colour("card")), `${name} line`).toBeGreaterThanOrEqual(3);
    }
  });
});
