import type { AdapterDescription } from "./device.ts";
import { Gpu, plainWaiter } from "./device.ts";

/**
 * A device that computes nothing and only counts: to learn what something takes, build it on this and look at
 * `buffers.bytes`. The estimate cannot drift from the code, because it is the code.
 */
export function dryRunGpu(limits: GPUSupportedLimits, adapter: AdapterDescription): Gpu {
  const nothing = () => ({});
  const device = {
    limits,
    features: new Set<string>(),
    lost: new Promise<GPUDeviceLostInfo>(() => {}),
    queue: { writeBuffer() {}, submit() {}, onSubmittedWorkDone: async () => {} },
    addEventListener() {},
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer: ({ size, label }: GPUBufferDescriptor) => ({ size, label, destroy() {} }),
    createBindGroup: nothing,
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createShaderModule: nothing,
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => ({ copyBufferToBuffer() {}, finish: nothing }),
    destroy() {},
  };
  return new Gpu(device as unknown as GPUDevice, adapter, plainWaiter);
}
