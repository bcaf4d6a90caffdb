import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Vite plugin: takes comments and needless space out of the shaders of the page. Lines that `#include` a file stay. */
export function slimShaders(): Plugin {
  return {
    name: "slim-shaders",
    enforce: "pre",
    apply: "build",
    load(id) {
      const [path, query] = id.split("?");
      if (query !== "raw" || !path!.endsWith(".wgsl")) return null;
      return `export default ${JSON.stringify(slim(readFileSync(path!, "utf8")))};`;
    },
  };
}

/** WGSL has no strings, so `//` and `/*` always begin a comment. */
export function slim(wgsl: string): string {
  return wgsl
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .map((line) => (line.startsWith("#") ? line : line.replace(/ *([,;:=(){}+]) */g, "$1")))
    .filter((line) => line !== "")
    .join("\n");
}
