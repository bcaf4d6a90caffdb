/** `adapter_config.json`, as Hugging Face's PEFT has it. */
import { ADAPTER_TARGETS, type AdapterSettings, type AdapterTarget } from "../model/adapter-settings.ts";
import { BASE } from "./checkpoint.ts";
import { type Json, type JsonObject, refuse } from "./json.ts";

/** `adapter_config.json` as PEFT writes it; what it leaves out are PEFT's defaults. */
export function adapterConfigJson({ rank, alpha, targets }: AdapterSettings): JsonObject {
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: `../${BASE}`,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    target_modules: ADAPTER_TARGETS.filter((target) => targets.includes(target)).map(
      (target) => `${target}_proj`,
    ),
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    modules_to_save: null,
    use_rslora: false,
  };
}

/**
 * What an `adapter_config.json`, by bellows or by PEFT, says of adapters.
 * @param file how messages name the file.
 * @throws BellowsError `checkpoint-invalid` for anything but LoRA adapters that bellows runs as they are meant.
 */
export function readAdapterConfig(json: JsonObject, file: string): AdapterSettings {
  const demand = (field: string, right: string, holds: (value: Json | undefined) => boolean) => {
    if (!holds(json[field])) refuse(file, field, json[field], right);
  };
  const isEmpty = (value: Json | undefined) => (value ?? null) === null || Object.keys(value!).length === 0;
  demand("peft_type", '"LORA"', (value) => value === "LORA");
  demand("bias", '"none": no bias is trained', (value) => (value ?? "none") === "none");
  for (const field of ["fan_in_fan_out", "use_rslora", "use_dora", "lora_bias"]) {
    demand(field, "false", (value) => (value ?? false) === false);
  }
  for (const field of ["rank_pattern", "alpha_pattern", "modules_to_save", "layers_to_transform"]) {
    demand(field, "empty: all adapters are alike, and nothing else is trained", isEmpty);
  }
  const rank = json.r;
  if (typeof rank !== "number" || !Number.isInteger(rank) || rank < 4 || rank % 4 !== 0) {
    return refuse(file, "r", rank, "a positive multiple of 4, which is what the kernels take");
  }
  const alpha = json.lora_alpha;
  if (typeof alpha !== "number" || !(alpha > 0))
    return refuse(file, "lora_alpha", alpha, "a positive number");
  return { rank, alpha, targets: readTargets(json.target_modules, file) };
}

/** Which matrices have an adapter, from the names of modules, e.g. `q_proj` or `self_attn.q_proj`. */
function readTargets(modules: Json | undefined, file: string): AdapterTarget[] {
  const names = ADAPTER_TARGETS.map((target) => `${target}_proj`);
  const right = `a list of ${names.join(", ")}`;
  if (!Array.isArray(modules) || modules.length === 0) return refuse(file, "target_modules", modules, right);
  const found = new Set(modules.map((module) => String(module).split(".").at(-1)!));
  const odd = [...found].find((name) => !names.includes(name));
  if (odd !== undefined) refuse(file, "target_modules", modules, right);
  return ADAPTER_TARGETS.filter((target) => found.has(`${target}_proj`));
}
