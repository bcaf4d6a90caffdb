import { BellowsError } from "../errors.ts";
import type { Access, Constants, KernelSpec } from "./kernel.ts";

/** A kernel with its override constants, being compiled or compiled. Made by {@link Pipelines.get}. */
export interface CompiledKernel<K extends KernelSpec = KernelSpec> {
  readonly spec: K;
  readonly label: string;
  readonly layout: GPUBindGroupLayout;
  /** Throws before {@link Pipelines.ready} has resolved. */
  readonly pipeline: GPUComputePipeline;
}

/** Called as each pipeline ends: how many are done, of how many, and which ended. */
export type CompileProgress = (done: number, total: number, label: string) => void;

class Entry implements CompiledKernel {
  readonly spec: KernelSpec;
  readonly label: string;
  readonly layout: GPUBindGroupLayout;
  readonly compiled: Promise<void>;
  #pipeline: GPUComputePipeline | undefined;

  constructor(
    spec: KernelSpec,
    label: string,
    layout: GPUBindGroupLayout,
    compiling: Promise<GPUComputePipeline>,
    done: () => void,
  ) {
    this.spec = spec;
    this.label = label;
    this.layout = layout;
    this.compiled = compiling.then((pipeline) => {
      this.#pipeline = pipeline;
      done();
    });
    this.compiled.catch(() => {}); // reported by ready()
  }

  get pipeline(): GPUComputePipeline {
    if (this.#pipeline === undefined)
      throw new Error(`${this.label} is not compiled yet: await pipelines.ready() first`);
    return this.#pipeline;
  }
}

/** Compiles kernels asynchronously and all at once, each kernel with given constants only one time. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #entries = new Map<string, Entry>();
  #done = 0;
  #progress: CompileProgress = () => {};

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Starts to compile, unless that was done before, and returns at once. */
  get<K extends KernelSpec>(spec: K, constants: Constants = {}): CompiledKernel<K> {
    const label = labelOf(spec, constants);
    const known = this.#entries.get(label);
    if (known !== undefined) return known as unknown as CompiledKernel<K>;
    const layout = this.#device.createBindGroupLayout({ label, entries: layoutEntries(spec) });
    const entry = new Entry(spec, label, layout, this.#compile(spec, constants, label, layout), () => {
      this.#done += 1;
      this.#progress(this.#done, this.#entries.size, label);
    });
    this.#entries.set(label, entry);
    return entry as unknown as CompiledKernel<K>;
  }

  /**
   * Resolves when everything requested so far is compiled.
   * @throws BellowsError `shader-compilation` with line, column and source of the first fault.
   */
  async ready(progress: CompileProgress = () => {}): Promise<void> {
    this.#progress = progress;
    try {
      for (let count = 0; count < this.#entries.size; ) {
        const entries = [...this.#entries.values()];
        count = entries.length;
        await Promise.all(entries.map((entry) => entry.compiled));
      }
    } finally {
      this.#progress = () => {};
    }
  }

  async #compile(spec: KernelSpec, constants: Constants, label: string, layout: GPUBindGroupLayout) {
    let module = this.#modules.get(spec.id);
    if (module === undefined) {
      module = this.#device.createShaderModule({ label: spec.id, code: spec.code });
      this.#modules.set(spec.id, module);
    }
    try {
      return await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main", constants: { ...constants } },
      });
    } catch (cause) {
      throw new BellowsError("shader-compilation", await describeFault(module, spec, cause), {
        field: spec.id,
        cause,
      });
    }
  }
}

function labelOf(spec: KernelSpec, constants: Constants): string {
  const values = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
  return values.length === 0 ? spec.id : `${spec.id}(${values.join(", ")})`;
}

const BUFFER_TYPE: Record<Access, GPUBufferBindingType> = {
  read: "read-only-storage",
  read_write: "storage",
  uniform: "uniform",
};

function layoutEntries(spec: KernelSpec): GPUBindGroupLayoutEntry[] {
  const accesses = Object.values(spec.bindings);
  if (Object.keys(spec.params).length > 0) accesses.push("uniform");
  return accesses.map((access, binding) => ({
    binding,
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type: BUFFER_TYPE[access] },
  }));
}

async function describeFault(module: GPUShaderModule, spec: KernelSpec, cause: unknown): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const lines = spec.code.split("\n");
  const faults = messages
    .filter((message) => message.type === "error")
    .map((m) => `${spec.id}:${m.lineNum}:${m.linePos} ${m.message}\n    ${lines[m.lineNum - 1] ?? ""}`);
  return faults.length > 0
    ? faults.join("\n")
    : `${spec.id}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
