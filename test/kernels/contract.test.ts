import { describe, expect, test } from "vitest";
import { Var, WgslParser, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { KernelSpec } from "../../src/gpu/kernel.ts";
import { shader, shaderIds } from "../../src/kernels/sources.ts";

// Every export of src/kernels that is a kernel spec, or an object of them by variant: a new kernel is found by itself.
const MODULES = import.meta.glob<Record<string, unknown>>("../../src/kernels/*.ts", { eager: true });
const SPECS = Object.values(MODULES).flatMap((module) => Object.values(module).flatMap(specsIn));

function specsIn(value: unknown): KernelSpec[] {
  if (typeof value !== "object" || value === null) return [];
  if ("id" in value && "code" in value) return [value as KernelSpec];
  return Object.values(value).flatMap(specsIn);
}

/** What a shader declares. */
function declarationsOf(code: string) {
  // wgsl_reflect takes a variable named `block` for a keyword, which it is not.
  const nodes = new WgslParser().parse(code.replace(/\bblock\b/g, "block_"));
  const reflection = new WgslReflect();
  reflection.updateAST(nodes);
  const storage = reflection.storage.map(({ name, group, binding, access }) => ({
    name,
    group,
    binding,
    access,
  }));
  const uniforms = reflection.uniforms.map(({ name, group, binding }) => ({
    name,
    group,
    binding,
    access: "uniform",
  }));
  const shared = nodes.filter((node) => node instanceof Var && node.storage === "workgroup") as Var[];
  return {
    bindings: [...storage, ...uniforms].sort((a, b) => a.binding - b.binding),
    params: reflection.uniforms.find(({ name }) => name === "params")?.members ?? [],
    entries: reflection.entry.compute,
    workgroupBytes: shared.reduce((sum, { type }) => sum + reflection.getTypeInfo(type!).size, 0),
  };
}

describe("contract of shaders and host files", () => {
  test("every shader has one spec, and every spec a shader", () => {
    expect(SPECS.map(({ id }) => id).sort()).toEqual(shaderIds());
  });

  test.each(SPECS)("$id", (spec) => {
    const { bindings, params, entries, workgroupBytes } = declarationsOf(spec.code);
    expect(spec.code).toBe(shader(spec.id));

    const accesses = Object.entries(spec.bindings);
    if (Object.keys(spec.params).length > 0) accesses.push(["params", "uniform"]);
    const declared = accesses.map(([name, access], binding) => ({ name, group: 0, binding, access }));
    expect(bindings, "bindings, in order").toEqual(declared);
    expect(
      params.map(({ name, type }) => [name, type.name]),
      "fields of Params, in order",
    ).toEqual(Object.entries(spec.params));

    // WebGPU's default limits, which every device has.
    expect(entries.map(({ name }) => name)).toEqual(["main"]);
    const [x, y, z] = entries[0]!.workgroupSize!;
    expect(x * y * z, "invocations of a workgroup").toBeLessThanOrEqual(256);
    expect(workgroupBytes, "bytes of workgroup memory").toBeLessThanOrEqual(16_384);
    const storageBuffers = bindings.filter(({ access }) => access !== "uniform").length;
    expect(storageBuffers, "storage buffers").toBeLessThanOrEqual(8);
  });
});
