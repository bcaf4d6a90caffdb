import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { SOURCES } from "./charts/figure.ts";

const ROOT = new URL("../", import.meta.url);
const PATHS = [...new Set(Object.values(SOURCES))];

/** Vite plugin: serves the files that compute the curves as text, `source/<path>.txt`, for the charts to link to. */
export function shownSources(): Plugin {
  const read = (path: string) => readFileSync(fileURLToPath(new URL(path, ROOT)), "utf8");
  return {
    name: "shown-sources",
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const path = PATHS.find((one) => request.url === `/source/${one}.txt`);
        if (path === undefined) return next();
        response.setHeader("content-type", "text/plain; charset=utf-8");
        response.end(read(path));
      });
    },
    generateBundle() {
      for (const path of PATHS)
        this.emitFile({ type: "asset", fileName: `source/${path}.txt`, source: read(path) });
    },
  };
}
