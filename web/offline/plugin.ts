import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const SOURCE = fileURLToPath(new URL("./service-worker.ts", import.meta.url));
const SERVICE_WORKER = "service-worker.js";

/** Vite plugin: adds the service worker to a build of the page and tells it the files of that build. */
export function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    buildStart() {
      // Its name has no hash: browsers look for a new version at the old address.
      this.emitFile({ type: "chunk", id: SOURCE, fileName: SERVICE_WORKER });
    },
    writeBundle({ dir }) {
      const path = join(dir!, SERVICE_WORKER);
      const code = readFileSync(path, "utf8");
      const precache = describeFiles(dir!);
      writeFileSync(path, `const PRECACHE = ${JSON.stringify(precache)};\n${code}`);
    },
  };
}

/** Files below a folder that the page may ask for, and a hash of their names and contents. */
function describeFiles(folder: string): { version: string; files: string[] } {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path !== SERVICE_WORKER && !/\.(map|md)$/.test(path))
    .sort();
  const hash = createHash("sha256");
  for (const path of files) hash.update(path).update(readFileSync(join(folder, path)));
  return { version: hash.digest("hex").slice(0, 16), files };
}
