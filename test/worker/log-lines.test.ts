import { expect, test } from "vitest";
import type { JsonObject } from "../../src/io/json.ts";
import { logLine, type RunRecord } from "../../src/train/records.ts";
import { recordsOf } from "../../src/worker/log-lines.ts";

const metrics = { loss: 0.5, kl: null };

const RECORDS: readonly RunRecord[] = [
  { type: "eval", step: 0, metrics, levels: [], examples: [] },
  { type: "step", step: 0, cap: 40, exactCap: 40.25, phase: "hold", cycle: 1, metrics, samples: [] },
  { type: "sft", step: 1, metrics },
  { type: "marker", step: 2, changes: [{ path: "rl.overlong", from: "mask", to: "soft" }] },
  { type: "warning", step: 3, code: "x", message: "all groups are alike" },
];

test("every record comes back from its line of the log", () => {
  const lines = RECORDS.map((record) => JSON.parse(JSON.stringify(logLine(record))) as JsonObject);
  expect(recordsOf(lines)).toEqual(RECORDS);
  expect(lines[2]).toEqual({ type: "sft", step: 1, ...metrics });
});

test("a line of another version is passed over", () => {
  expect(recordsOf([{ type: "dream", step: 0 }])).toEqual([]);
});
