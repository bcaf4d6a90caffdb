import { describe, expect, test } from "vitest";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { shader, shaderIds } from "../../src/kernels/sources.ts";
import { slim } from "../../web/slim-shaders.ts";

test("comments, needless space and empty lines go; code and includes stay", () => {
  const source =
    '#include "lib/a.wgsl"\n\n// y = x / 2\nfn f() { // here\n  let a = b / c; /* and\n  there */ let d = 1;\n}\n';
  expect(slim(source)).toBe('#include "lib/a.wgsl"\nfn f(){\nlet a=b / c;let d=1;\n}');
});

describe("a slimmed shader declares what the whole one does", () => {
  test.each(shaderIds())("%s", (id) => {
    const declared = (code: string) => {
      const { uniforms, storage, entry, functions } = new WgslReflect(
        // wgsl_reflect takes a variable named `block` for a keyword, which it is not.
        code.replace(/\bblock\b/g, "block_"),
      );
      return {
        bindings: [...uniforms, ...storage].map(({ name, binding, type }) => [name, binding, type.name]),
        entries: entry.compute.map(({ name }) => name),
        functions: functions.map(({ name }) => name),
      };
    };
    const whole = shader(id);
    expect(slim(whole)).not.toContain("//");
    expect(declared(slim(whole))).toEqual(declared(whole));
  });
});
