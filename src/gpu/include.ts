const INCLUDE = /^#include "([^"]+)"$/;

/**
 * Replaces each line `#include "path"` by that file, each file once. There is no other preprocessing: what a
 * shader says is what the driver gets.
 */
export function expandIncludes(
  path: string,
  read: (path: string) => string,
  seen = new Set<string>(),
): string {
  seen.add(path);
  return read(path)
    .split("\n")
    .map((line) => {
      const included = INCLUDE.exec(line.trim())?.[1];
      if (included === undefined) return line;
      return seen.has(included) ? "" : expandIncludes(included, read, seen);
    })
    .join("\n");
}
