import { chmodSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Tests that need a WebGPU adapter. */
const GPU_TESTS = ["kernels", "gpu", "model", "train", "cli"].map((folder) => `test/${folder}/**/*.test.ts`);

/** What `vite build` makes for Node, by mode: the command line program, or the benchmark. */
const ENTRIES: Record<string, Record<string, string>> = {
  production: { bellows: "src/cli/main.ts", index: "src/index.ts" },
  bench: { bench: "test/bench/main.ts", workloads: "test/bench/workloads.ts" },
};

/** npx starts the program by itself: it must be executable, also where it was built anew since npx linked it. */
const executable: NonNullable<ViteUserConfig["plugins"]>[number] = {
  name: "executable",
  writeBundle({ dir }, bundle) {
    if ("bellows.js" in bundle) chmodSync(join(dir!, "bellows.js"), 0o755);
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [executable],
  build: {
    ssr: true,
    target: "node20",
    outDir: "dist",
    emptyOutDir: false,
    rollupOptions: { input: ENTRIES[mode] ?? ENTRIES.production!, output: { entryFileNames: "[name].js" } },
  },
  test: {
    css: true,
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: GPU_TESTS } },
      {
        extends: true,
        test: {
          name: "gpu",
          include: GPU_TESTS,
          globalSetup: "test/support/global-setup.ts",
          // One process and one device for all: the software driver takes every core by itself.
          pool: "forks",
          isolate: false,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
}));
