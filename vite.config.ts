import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { offline } from "./web/offline/plugin.ts";
import { shownSources } from "./web/shown-sources.ts";
import { slimSettings } from "./web/slim-settings.ts";
import { slimShaders } from "./web/slim-shaders.ts";

/** Tests that need a WebGPU adapter. */
const GPU_TESTS = ["kernels", "gpu", "model", "train", "cli"].map((folder) => `test/${folder}/**/*.test.ts`);

/** Tests that drive the built page in browsers. */
const BROWSER_TESTS = ["test/browser/**/*.test.ts"];

/** Tests against trainers of the Python world, by `npm run test:parity` alone. */
const PARITY_TESTS = ["test/parity/**/*.test.ts"];

/** What `vite build` makes for Node, by mode: the command line program, or the benchmark and its like. */
const ENTRIES: Record<string, Record<string, string>> = {
  production: { bellows: "src/cli/main.ts", index: "src/index.ts" },
  bench: {
    bench: "test/bench/main.ts",
    workloads: "test/bench/workloads.ts",
    record: "test/bench/record.ts",
    soak: "test/bench/soak.ts",
    hosts: "test/bench/hosts.ts",
    costs: "test/bench/costs.ts",
    fuzz: "test/bench/fuzz.ts",
    workshop: "test/bench/workshop.ts",
  },
};

/** npx starts the program by itself: it must be executable, also where it was built anew since npx linked it. */
const executable: NonNullable<ViteUserConfig["plugins"]>[number] = {
  name: "executable",
  writeBundle({ dir }, bundle) {
    if ("bellows.js" in bundle) chmodSync(join(dir!, "bellows.js"), 0o755);
  },
};

/** The build for Node. */
const program = (mode: string): ViteUserConfig => ({
  plugins: [executable],
  build: {
    ssr: true,
    target: "node20",
    outDir: "dist",
    emptyOutDir: false,
    rollupOptions: { input: ENTRIES[mode] ?? ENTRIES.production!, output: { entryFileNames: "[name].js" } },
  },
});

/** These modules only define things: the page, which needs a constant of theirs, gets no kernels with it. */
const PURE_DEFINITIONS = {
  treeshake: { moduleSideEffects: [{ test: /\/src\/(gpu|kernels|model)\//, sideEffects: false }] },
};

/** What the page begins with is one file, which compresses better than what it shares with each panel in files of their own. */
const FIRST_LOAD = {
  name: "page",
  tags: ["$initial" as const],
  test: (id: string) => !id.includes("/web/offline/service-worker"),
};

/** The page, in `vite --mode web` and `vite build --mode web`: static files that work under any path. */
const page: ViteUserConfig = {
  root: fileURLToPath(new URL("web", import.meta.url)),
  base: "./",
  plugins: [shownSources(), slimSettings("page"), offline()],
  worker: {
    format: "es",
    plugins: () => [slimShaders(), slimSettings("worker")],
    rollupOptions: { ...PURE_DEFINITIONS, output: { codeSplitting: { groups: [FIRST_LOAD] } } },
  },
  build: {
    target: "es2023",
    outDir: "../dist/web",
    emptyOutDir: true,
    // Only what the page asks for by itself is fetched ahead: panels come when they are looked at.
    modulePreload: { polyfill: false },
    rollupOptions: { ...PURE_DEFINITIONS, output: { codeSplitting: { groups: [FIRST_LOAD] } } },
  },
};

export default defineConfig(({ mode }) => ({
  ...(mode === "web" ? page : program(mode)),
  test: {
    css: true,
    // Two at a time, however many cores there are: each uses all of them now and then (a software driver's compiler, browsers).
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...GPU_TESTS, ...BROWSER_TESTS, ...PARITY_TESTS],
        },
      },
      {
        extends: true,
        test: {
          name: "gpu",
          include: GPU_TESTS,
          globalSetup: "test/support/global-setup.ts",
          // A process has one device for all of its files.
          pool: "forks",
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: BROWSER_TESTS,
          globalSetup: "test/support/browser-setup.ts",
          // After the other tests: on a software driver they would time each other out.
          sequence: { groupOrder: 1 },
          pool: "forks",
          isolate: false,
          expect: { poll: { timeout: 60_000 } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "parity",
          include: PARITY_TESTS,
          globalSetup: "test/support/global-setup.ts",
          pool: "forks",
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
    ],
  },
}));
