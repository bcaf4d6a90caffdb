import { expandIncludes } from "../gpu/include.ts";

/** Every `.wgsl` file, by its path below `shaders/`. The only import of WGSL in bellows. */
const FILES: ReadonlyMap<string, string> = new Map(
  Object.entries(
    import.meta.glob<string>("../../shaders/**/*.wgsl", { query: "?raw", import: "default", eager: true }),
  ).map(([path, text]) => [path.replace(/^.*\/shaders\//, ""), text]),
);

/** Paths of all shaders that are modules of their own, without `.wgsl`: those outside a `lib` folder. */
export function shaderIds(): string[] {
  return [...FILES.keys()]
    .filter((path) => !/(^|\/)lib\//.test(path))
    .map((path) => path.replace(/\.wgsl$/, ""))
    .sort();
}

/** The WGSL of `shaders/<id>.wgsl` with its includes expanded. Throws if there is no such file. */
export function shader(id: string): string {
  return expandIncludes(`${id}.wgsl`, (path) => {
    const text = FILES.get(path);
    if (text === undefined) throw new Error(`no shader file shaders/${path}`);
    return text;
  });
}
