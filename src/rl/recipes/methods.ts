import type { Method } from "../method.ts";
import { adaptthinkMethod } from "./adaptthink.ts";
import { dastMethod } from "./dast.ts";
import { iterativeDpoMethod, rejectionSftMethod, spinMethod } from "./iterative.ts";
import { kimiLengthPenaltyMethod } from "./kimi-length-penalty.ts";
import { l1ExactMethod, l1MaxMethod } from "./l1.ts";
import { o1PrunerMethod } from "./o1-pruner.ts";
import { overthinkMethod } from "./overthink.ts";
import type { MethodName } from "./traits.ts";

/** The methods with functions of their own, by name. Named one by one, so that a build leaves the rest of the recipes out. */
export const METHODS: Readonly<Record<Exclude<MethodName, "grpo">, Method>> = {
  "kimi-length-penalty": kimiLengthPenaltyMethod,
  "l1-exact": l1ExactMethod,
  "l1-max": l1MaxMethod,
  "o1-pruner": o1PrunerMethod,
  adaptthink: adaptthinkMethod,
  overthink: overthinkMethod,
  dast: dastMethod,
  "rejection-sft": rejectionSftMethod,
  "iterative-dpo": iterativeDpoMethod,
  spin: spinMethod,
};
