import type { AdapterDescription } from "./device.ts";
import { Gpu, plainWaiter } from "./device.ts";

/** The limits that models come up against. In bytes. */
export type UsedLimits = Pick<Writable<GPUSupportedLimits>, "maxBufferSize" | "maxStorageBufferBindingSize">;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A device that computes nothing and only counts: to learn what something takes, build it on this and look at
 * `buffers.bytes`. The estimate cannot drift from the code, because it is the code.
 * @param used gets the sizes of the largest buffer and the largest binding.
 */
export function dryRunGpu(
  limits: UsedLimits,
  adapter: AdapterDescription,
  used: UsedLimits = { maxBufferSize: 0, maxStorageBufferBindingSize: 0 },
): Gpu {
  const nothing = () => ({});
  const use = (limit: keyof UsedLimits, size: number) => {
    used[limit] = Math.max(used[limit], size);
  };
  const device = {
    limits,
    // The one feature without which something cannot be built at all.
    features: new Set(["shader-f16"]),
    lost: new Promise<GPUDeviceLostInfo>(() => {}),
    queue: { writeBuffer() {}, submit() {}, onSubmittedWorkDone: async () => {} },
    addEventListener() {},
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer: ({ size, label }: GPUBufferDescriptor) => {
      use("maxBufferSize", size);
      return { size, label, destroy() {} };
    },
    createBindGroup: ({ entries }: { entries: Iterable<{ resource: GPUBufferBinding }> }) => {
      for (const { resource } of entries) use("maxStorageBufferBindingSize", resource.size ?? 0);
      return {};
    },
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createShaderModule: nothing,
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => ({ copyBufferToBuffer() {}, finish: nothing }),
    destroy() {},
  };
  return new Gpu(device as unknown as GPUDevice, adapter, plainWaiter);
}
