import type { Plugin } from "vite";

/** Vite plugin, for the worker: it checks settings, but what they are for is told by the page alone. */
export function slimSettings(): Plugin {
  return {
    name: "slim-settings",
    enforce: "pre",
    apply: "build",
    transform(code, id) {
      return id.endsWith("/src/train/config-schema.ts") ? withoutDescriptions(code) : null;
    },
  };
}

/** The source of the schema with empty descriptions: the first argument of what makes a setting. */
export function withoutDescriptions(source: string): string {
  return source.replace(
    /(?<![.\w])(number|whole|choice|flag|v\.description)\(\s*"(?:[^"\\]|\\.)*"/g,
    '$1(""',
  );
}
