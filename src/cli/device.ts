import { type Gpu, openGpu } from "../gpu/device.ts";
import { nodeWaiter } from "../host/node.ts";
import { variantCache } from "../host/node-program.ts";
import { ensureAdapter } from "../host/node-setup.ts";
import type { ModelConfig } from "../model/config.ts";
import { defaultVariants, measureVariants, pinVariants, type Variants } from "../model/variants.ts";

/** Opens the device, installing a software driver first where that is allowed and needed. */
export async function openDevice(): Promise<Gpu> {
  return openGpu(await ensureAdapter(), { waiterFor: nodeWaiter });
}

/** `auto`: measured on this device, once; `off`: what fits most devices of its kind; else pinned, as `matmul=register,…`. */
export async function chooseVariants(gpu: Gpu, config: ModelConfig, choice: string): Promise<Variants> {
  if (choice === "auto") return measureVariants(gpu, config, variantCache());
  const base = defaultVariants(gpu);
  return choice === "off" ? base : pinVariants(gpu, choice, base);
}
