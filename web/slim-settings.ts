import type { Plugin } from "vite";

/** The files that say what settings are for. */
const SCHEMA = /\/src\/train\/config-schema\.ts$/;
const TASKS = /\/src\/tasks\/(teacher|chain-arithmetic|countdown)\.ts$/;

/**
 * Vite plugin: takes out what settings are for. The page tells it of the schema where it shows a form (web/text/settings.en.ts),
 * and its worker, which only checks settings, of none.
 */
export function slimSettings(where: "page" | "worker"): Plugin {
  return {
    name: "slim-settings",
    enforce: "pre",
    apply: "build",
    transform(code, id) {
      const isSlimmed = SCHEMA.test(id) || (where === "worker" && TASKS.test(id));
      return isSlimmed ? withoutDescriptions(code) : null;
    },
  };
}

const TEXT = /"(?:[^"\\]|\\.)*"/.source;

/** The source with empty descriptions: the first argument of what makes a setting, of a probability the second, or a field. */
export function withoutDescriptions(source: string): string {
  const makers = new RegExp(`(?<![.\\w])((?:number|whole|choice|flag|v\\.description)\\(\\s*)${TEXT}`, "g");
  const probabilities = new RegExp(`(?<![.\\w])(probability\\(\\s*[\\w.]+,\\s*)${TEXT}`, "g");
  const fields = new RegExp(`(?<![.\\w])(description:\\s*)${TEXT}`, "g");
  return [makers, probabilities, fields].reduce((code, place) => code.replace(place, '$1""'), source);
}
