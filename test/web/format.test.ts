import { expect, test } from "vitest";
import {
  formatDuration,
  formatMegabytes,
  formatNumber,
  formatPercent,
  formatTokens,
} from "../../web/state/format.ts";
import { setLanguage } from "../../web/text/index.ts";

test("numbers are written as the language of the page has it, also after it changed", async () => {
  const both = () => [formatNumber(1234.567, 2), formatPercent(0.126), formatTokens(12.34)];
  expect(both()).toEqual(["1,234.57", "13%", "12.3"]);
  await setLanguage("de");
  expect(both()).toEqual(["1.234,57", "13\u00a0%", "12,3"]);
  await setLanguage("en");
  expect(both()).toEqual(["1,234.57", "13%", "12.3"]);
});

test("what is or rounds to nothing has no sign", () => {
  for (const nothing of [0, -0, -0.04]) expect(formatNumber(nothing, 1)).toBe("0");
  expect([formatPercent(-0.001), formatPercent(-0.01)]).toEqual(["0%", "-1%"]);
  expect(formatNumber(-0.06, 1)).toBe("-0.1");
});

test("a dash stands for what is not there", () => {
  expect([formatPercent(null), formatPercent(undefined), formatTokens(null)]).toEqual(["–", "–", "–"]);
});

test("sizes and times are rounded to what is said of them", () => {
  expect([formatMegabytes(1), formatMegabytes(40 * 2 ** 20)]).toEqual(["1 MB", "40 MB"]);
  expect([119, 121, 7300].map(formatDuration)).toEqual(["119 s", "2 min", "2 h"]);
});
