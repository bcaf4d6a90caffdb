import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { ConfigSchema } from "../../src/train/config-schema.ts";
import { withoutDescriptions } from "../../web/slim-settings.ts";

const source = readFileSync(new URL("../../src/train/config-schema.ts", import.meta.url), "utf8");

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

test("the worker's schema lacks the descriptions, and nothing else", () => {
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
  const bare = (code: string) => code.replace(/"(?:[^"\\]|\\.)*"/g, "").replaceAll(/\s/g, "");
  expect(bare(slim)).toBe(bare(source));
});
