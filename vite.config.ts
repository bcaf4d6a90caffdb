import { defineConfig } from "vitest/config";

const GPU_TESTS = [
  "test/kernels/**/*.test.ts",
  "test/gpu/**/*.test.ts",
  "test/model/**/*.test.ts",
  "test/train/**/*.test.ts",
];

/** Builds the command line program; tests run from the sources. */
export default defineConfig({
  build: {
    ssr: true,
    target: "node20",
    outDir: "dist",
    rollupOptions: { input: { bellows: "src/cli/main.ts" }, output: { entryFileNames: "[name].js" } },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: GPU_TESTS } },
      {
        extends: true,
        test: {
          name: "gpu",
          include: GPU_TESTS,
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
});
