import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { TASKS } from "../../src/tasks/registry.ts";
import { ConfigSchema } from "../../src/train/config-schema.ts";
import { withoutDescriptions } from "../../web/slim-settings.ts";

const read = (path: string) => readFileSync(new URL(`../../src/${path}.ts`, import.meta.url), "utf8");
const source = read("train/config-schema");
/** Code without its texts. */
const bare = (code: string) => code.replace(/"(?:[^"\\]|\\.)*"/g, "").replaceAll(/\s/g, "");

/** What a schema and all within it are described as. */
function descriptionsIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own =
    "kind" in schema && schema.kind === "schema" ? v.getDescription(schema as v.GenericSchema) : undefined;
  const { entries = {}, item, pipe = [] } = schema as { entries?: object; item?: unknown; pipe?: unknown[] };
  const inner = [...Object.values(entries), item, pipe[0] === schema ? undefined : pipe[0]];
  return [...(own === undefined ? [] : [own]), ...inner.flatMap(descriptionsIn)];
}

/** The texts in a source, sorted. */
function textsOf(code: string): string[] {
  return [...code.matchAll(/"(?:[^"\\]|\\.)*"/g)]
    .map(([text]) => text)
    .filter((text) => text !== '""')
    .sort();
}

test("the page's schema lacks the descriptions, and nothing else", () => {
  const descriptions = new Set(
    descriptionsIn(ConfigSchema).map((description) => JSON.stringify(description)),
  );
  expect(descriptions.size).toBeGreaterThan(80);
  const slim = withoutDescriptions(source);
  const left = textsOf(slim);
  const removed = textsOf(source).filter((text) => {
    const index = left.indexOf(text);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  expect(left).toEqual([]);
  expect(new Set(removed)).toEqual(descriptions);
  expect(bare(slim)).toBe(bare(source));
});

test("nor do the worker's tasks have theirs", () => {
  const files = ["teacher", "chain-arithmetic", "countdown"];
  const tasks = files.map((file) => read(`tasks/${file}`)).join("\n");
  const slim = withoutDescriptions(tasks);
  const descriptions = [...TASKS.values()].flatMap(({ description, settings }) => [
    description,
    ...Object.values(settings).map((setting) => setting.description),
  ]);
  expect(textsOf(slim).filter((text) => descriptions.includes(JSON.parse(text)))).toEqual([]);
  expect(textsOf(tasks).length - textsOf(slim).length).toBe(new Set(descriptions).size);
  expect(bare(slim)).toBe(bare(tasks));
});
