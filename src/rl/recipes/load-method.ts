import type { Method, PolicyMethod } from "../method.ts";
import { CORRECTNESS } from "../reward.ts";
import { type MethodName, TRAITS } from "./traits.ts";

/** Plain GRPO: the reward is capped correctness, advantages are group-relative. */
export const grpoMethod: PolicyMethod = { ...TRAITS.grpo, rewards: () => [CORRECTNESS] };

/** A method with its functions. Those of methods other than GRPO are fetched with the first run that has one of them. */
export async function loadMethod(name: MethodName): Promise<Method> {
  return name === "grpo" ? grpoMethod : (await import("./methods.ts")).METHODS[name];
}
