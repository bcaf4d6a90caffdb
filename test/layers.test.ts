import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = join(ROOT, "src");

/** What each folder of src may import, beside itself and the leaves. The order of docs/architecture.md. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  gpu: [],
  kernels: ["gpu"],
  model: ["gpu", "kernels"],
  rl: ["kernels", "model"],
  tasks: [],
  io: ["model", "rl"],
  train: ["gpu", "io", "kernels", "model", "rl", "tasks"],
  compare: ["io", "rl", "tasks", "train"],
  export: ["io", "rl", "tasks", "train"],
  host: ["gpu", "io", "kernels", "model"],
  worker: ["gpu", "host", "io", "model", "rl", "tasks", "train"],
  cli: ["compare", "export", "gpu", "host", "io", "model", "rl", "tasks", "train"],
};

/** Files that every folder may import. */
const LEAVES = ["errors.ts", "random.ts"];

/** Modules that run without any GPU code, in a page that only draws. */
const PURE = [
  "rl/length-schedule.ts",
  "rl/advantage.ts",
  "rl/reward.ts",
  "rl/aggregation.ts",
  "rl/groups.ts",
  "rl/learning-rate.ts",
  "rl/statistics.ts",
];

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.replaceAll("\\", "/"));

/** Paths below src that a file imports, types included. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(SOURCE, path), "utf8");
  return [...text.matchAll(/(?:from|import)\s+"(\.[^"]+)"/g)]
    .map(([, target]) => relative(SOURCE, join(SOURCE, dirname(path), target!)).replaceAll("\\", "/"))
    .filter((target) => target.endsWith(".ts"));
}

function folderOf(path: string): string {
  return path.includes("/") ? path.split("/")[0]! : "";
}

describe("folders import only downwards", () => {
  test.each(files.filter((path) => folderOf(path) !== ""))("src/%s", (path) => {
    const folder = folderOf(path);
    const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
    for (const target of importsOf(path)) {
      if (LEAVES.includes(target)) continue;
      expect(allowed, `src/${path} imports src/${target}`).toContain(folderOf(target));
    }
  });
});

test.each(PURE)("src/%s imports nothing but leaves and its like", (path) => {
  for (const target of importsOf(path)) expect([...LEAVES, ...PURE]).toContain(target);
});

test("tasks import nothing but leaves and each other", () => {
  for (const path of files.filter((file) => folderOf(file) === "tasks")) {
    for (const target of importsOf(path)) {
      if (!LEAVES.includes(target)) expect(folderOf(target)).toBe("tasks");
    }
  }
});

describe("only src/host names the platform", () => {
  test.each(files.filter((path) => folderOf(path) !== "host"))("src/%s", (path) => {
    const code = readFileSync(join(SOURCE, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(code).not.toMatch(/["']node:|\bprocess\.|\bnavigator\.|\bDeno\.|\bwindow\.|\bdocument\./);
  });
});

test("WGSL stands in shaders alone, and one module imports it", () => {
  for (const path of files) {
    const code = readFileSync(join(SOURCE, path), "utf8");
    expect(code, path).not.toMatch(/@compute|@workgroup_size|var<storage/);
    if (path !== "kernels/sources.ts") expect(code, path).not.toContain(".wgsl?raw");
  }
  const shaders = readdirSync(join(ROOT, "shaders"), { recursive: true, encoding: "utf8" });
  expect(shaders.filter((path) => path.includes(".") && !path.endsWith(".wgsl"))).toEqual([]);
});
