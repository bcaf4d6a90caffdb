import { afterEach, describe, expect, test } from "vitest";
import {
  candidates,
  defaultVariants,
  measureVariants,
  pinVariants,
  type VariantCache,
} from "../../src/model/variants.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES } from "../support/models.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

function memoryCache(): VariantCache & { entries: Map<string, string>; writes: number } {
  const entries = new Map<string, string>();
  const cache = {
    entries,
    writes: 0,
    get: async (key: string) => entries.get(key) ?? null,
    set: async (key: string, value: string) => {
      cache.writes += 1;
      entries.set(key, value);
    },
  };
  return cache;
}

describe("kernel variants", () => {
  test("are measured once, and taken from the cache afterwards", async () => {
    const cache = memoryCache();
    const chosen = await measureVariants(gpu(), MODEL_SHAPES.toy!, cache);
    const { matmul, attention } = candidates(gpu());
    expect(matmul).toContain(chosen.matmul);
    expect(matmul).toContain(chosen.decodeMatmul);
    expect(attention).toContain(chosen.attention);
    expect(await measureVariants(gpu(), MODEL_SHAPES.toy!, cache)).toEqual(chosen);
    expect(cache.writes).toBe(1);
    const [key, value] = [...cache.entries][0]!;
    expect(key).toContain(gpu().adapter.key);
    expect(pinVariants(gpu(), value, defaultVariants(gpu()))).toEqual(chosen);
  });

  test("leave no buffer behind", async () => {
    const before = gpu().buffers.bytes;
    await measureVariants(gpu(), MODEL_SHAPES.toy!);
    expect(gpu().buffers.bytes).toBe(before);
  });

  test("of a cache that no longer makes sense are measured again", async () => {
    const cache = memoryCache();
    await measureVariants(gpu(), MODEL_SHAPES.toy!, cache);
    for (const key of cache.entries.keys()) cache.entries.set(key, "matmul=tensor-core");
    await measureVariants(gpu(), MODEL_SHAPES.toy!, cache);
    expect(cache.writes).toBe(2);
  });

  test("are pinned by name; an unknown name is refused with the possible ones", () => {
    const base = defaultVariants(gpu());
    expect(pinVariants(gpu(), "matmul=register", base)).toEqual({ ...base, matmul: "register" });
    for (const text of ["matmul=fast", "matmul", "tiles=register", ""]) {
      expect(() => pinVariants(gpu(), text, base), text).toThrow(
        /no kernel variant; this device can run matmul=.*register/,
      );
    }
  });
});
