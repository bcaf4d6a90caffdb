import type { Slice } from "./buffers.ts";

/** How a kernel uses a binding, as declared in its shader. */
export type Access = "read" | "read_write" | "uniform";

export type ScalarType = "u32" | "f32";

/**
 * The one declaration of a kernel on the host. Binding numbers follow the order of `bindings`; the uniform
 * `params` comes last and holds `params` in order. Layout, uniform packing and labels follow from it, and a
 * test holds it equal to the shader.
 */
export interface KernelSpec<
  B extends Readonly<Record<string, Access>> = Readonly<Record<string, Access>>,
  P extends Readonly<Record<string, ScalarType>> = Readonly<Record<string, ScalarType>>,
> {
  /** Path of the shader below `shaders/`, without `.wgsl`; also the label. */
  readonly id: string;
  /** WGSL after include expansion. */
  readonly code: string;
  readonly bindings: B;
  /** Fields of the uniform `struct Params`; without any, the kernel has no `params` binding. */
  readonly params: P;
}

// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of a spec that declares no params
export type NoParams = {};

/** Values of the `override` constants of a shader. */
export type Constants = Readonly<Record<string, number>>;

/** Workgroups to launch, one to three dimensions. */
export type Grid = readonly [x: number, y?: number, z?: number];

export type BindingsOf<K extends KernelSpec> = { readonly [name in keyof K["bindings"]]: Slice };
export type ParamsOf<K extends KernelSpec> = { readonly [name in keyof K["params"]]: number };

/** Workgroups allowed in one grid dimension by WebGPU's default limits. */
export const MAX_GRID = 65_535;

export function ceilDiv(numerator: number, denominator: number): number {
  return Math.ceil(numerator / denominator);
}

/** A grid of `groups` workgroups, folded into two dimensions where one is too short. */
export function foldGrid(groups: number): Grid {
  if (groups <= MAX_GRID) return [groups];
  const rows = ceilDiv(groups, MAX_GRID);
  return [ceilDiv(groups, rows), rows];
}

/** Bytes of the uniform that holds `params`. */
export function paramsSize(params: Readonly<Record<string, ScalarType>>): number {
  return Math.ceil((Object.keys(params).length * 4) / 16) * 16;
}

/** Packs values in declaration order. Throws on a missing or non-finite value: such a bug must not reach the GPU. */
export function packParams(spec: KernelSpec, values: Readonly<Record<string, number>>): ArrayBuffer {
  const data = new ArrayBuffer(paramsSize(spec.params));
  const view = new DataView(data);
  for (const [index, [name, type]] of Object.entries(spec.params).entries()) {
    const value = values[name];
    if (value === undefined || !Number.isFinite(value))
      throw new Error(`${spec.id}: params.${name} is ${value}`);
    if (type === "f32") view.setFloat32(index * 4, value, true);
    else if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)
      view.setUint32(index * 4, value, true);
    else throw new Error(`${spec.id}: params.${name} is ${value}, not a u32`);
  }
  return data;
}
