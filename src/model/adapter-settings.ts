/** The matrices of a layer that can have an adapter, by their short names. */
export const ADAPTER_TARGETS = ["q", "k", "v", "o", "gate", "up", "down"] as const;
export type AdapterTarget = (typeof ADAPTER_TARGETS)[number];

/** What adapters are like: PEFT's `r`, `lora_alpha` and `target_modules`. */
export interface AdapterSettings {
  /** A multiple of 4. */
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly AdapterTarget[];
}
