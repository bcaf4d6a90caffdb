import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { composeConfig } from "../../src/train/settings.ts";
import { readHash, writeHash } from "../../web/state/hash.ts";
import { EXPERIMENTS } from "../bench/experiments.ts";

const PLAN = readFileSync(new URL("../../docs/workshop.md", import.meta.url), "utf8");
const hashes = [...PLAN.matchAll(/\(http:\/\/localhost:5173\/#([^)]*)\)/g)].map(([, hash]) => hash!);

test("the workshop's links hold the settings that its figures were made with, in the same order", () => {
  expect(hashes).toHaveLength(EXPERIMENTS.length);
  for (const [i, { settings }] of EXPERIMENTS.entries()) {
    const flags = Object.entries(settings).map(([path, value]) => `${path}=${value}`);
    const config = composeConfig({ settings: flags });
    const reading = readHash(hashes[i]!);
    expect(reading.ok && reading.link.config).toEqual(config);
  }
});

test("the links are written as the page writes them", () => {
  for (const hash of hashes) {
    const reading = readHash(hash);
    expect(reading.ok && writeHash(reading.link)).toBe(hash);
  }
});
