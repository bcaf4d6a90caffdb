import { describe, expect, test } from "vitest";
import { type Fields, parseLog } from "../../src/io/report/data.ts";
import { markup } from "../../src/io/report/markup.ts";
import { pairTraces, splitAtRechecks, tracesSection } from "../../src/io/report/traces.ts";
import { evalLine, REAL_LINES } from "./report-support.ts";

function rechecksOf(response: string): string[] {
  return splitAtRechecks(response)
    .filter(({ recheck }) => recheck)
    .map(({ text }) => text.trim());
}

function exampleOf(more: Fields = {}): Fields {
  const response = "a *2=62 ans 62<eos>";
  return {
    level: 0,
    prompt: "81 a *2 >",
    response,
    answer: "62",
    correct: true,
    length: 10,
    truncated: false,
    ...more,
  };
}

function sectionOf(lines: readonly Fields[]): string {
  return markup`${tracesSection(parseLog(lines).evals)}`.text;
}

describe("splitAtRechecks", () => {
  test("marks from `wait` to the result after `so`", () => {
    expect(rechecksOf("a *2=62 wait 1*2=02 8*2=16 so 62 b +2=64 ans 64<eos>")).toEqual([
      "wait 1*2=02 8*2=16 so 62",
    ]);
  });

  test("tells re-checks in a row apart", () => {
    expect(rechecksOf("c +6=70 wait 4+6=10 so 70 wait 4+6=10 so 71 ans 71<eos>")).toEqual([
      "wait 4+6=10 so 70",
      "wait 4+6=10 so 71",
    ]);
  });

  test("ends one that comes to no result where something else begins, or the response ends", () => {
    expect(rechecksOf("wait 1*2 wait 3 alt a=1 wait 4 ans 5")).toEqual(["wait 1*2", "wait 3", "wait 4"]);
    expect(rechecksOf("a=1 wait 6*9=54 9")).toEqual(["wait 6*9=54 9"]);
    expect(rechecksOf("a=1 wait 6*7=42 so")).toEqual(["wait 6*7=42 so"]);
  });

  test("finds none where there is none, be it a word that only looks like it", () => {
    expect(rechecksOf("a=1 so 2 waiter ans 2<eos>")).toEqual([]);
    expect(splitAtRechecks("")).toEqual([]);
  });

  test("changes no character, and counts as the log does", () => {
    for (const line of REAL_LINES.filter(({ type }) => type === "eval")) {
      for (const { response } of line.examples as { response: string }[]) {
        const stretches = splitAtRechecks(response);
        expect(stretches.map(({ text }) => text).join("")).toBe(response);
        expect(rechecksOf(response)).toHaveLength(response.split("wait").length - 1);
      }
    }
  });
});

describe("tracesSection", () => {
  test("pairs the responses to one problem", () => {
    const { evals } = parseLog([
      evalLine(0, 0, 0, { examples: [exampleOf(), exampleOf({ prompt: "other" })] }),
      evalLine(5, 0, 0, { examples: [exampleOf({ length: 4 }), exampleOf({ prompt: "another" })] }),
    ]);
    expect(
      pairTraces(evals[0]!, evals[1]!).map(({ before, after }) => [before.length, after.length]),
    ).toEqual([[10, 4]]);
  });

  test("says right, wrong and cut off in words and signs", () => {
    const section = sectionOf([
      evalLine(0, 0, 0, { examples: [exampleOf({ correct: false, truncated: true, length: 80 })] }),
      evalLine(20, 0, 0, { examples: [exampleOf()] }),
    ]);
    expect(section).toMatch(
      /before training.*✗ wrong.*80 tokens.*✂ cut off.*after 20 steps.*✓ right.*10 tokens/s,
    );
    expect(section.match(/✂/g)).toHaveLength(1);
  });

  test("shows a single evaluation alone", () => {
    const section = sectionOf([evalLine(0, 0, 0, { examples: [exampleOf()] })]);
    expect(section).toContain("only evaluation");
    expect(section.match(/class="trace/g)).toHaveLength(1);
  });

  test("says why there is nothing to show", () => {
    expect(sectionOf([])).toContain("no evaluation yet");
    expect(sectionOf([evalLine(0, 0, 0), evalLine(1, 0, 0)])).toContain("No problem was shown");
  });
});
