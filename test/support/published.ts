import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { initialParameters } from "../../src/model/init.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { ENDS, tokenizerJson } from "../tasks/text/support.ts";

/** A Qwen2 model that is tiny, but for room for tokens that its tokenizer does not have. */
export const TINY_PUBLISHED: ModelConfig = {
  ...DEFAULT_ARCHITECTURE,
  vocab_size: 512,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

/** What ends a text and a turn, in test/fixtures/tasks/tokenizers. */
export const END_IDS = {
  qwen2: { text: 500, turn: 502 },
  llama3: { text: 501, turn: 502 },
} as const;

/** Puts down a folder as such models are published, with random weights. */
export function writePublished(
  folder: string,
  {
    tokenizer = "qwen2",
    shape = TINY_PUBLISHED,
  }: { tokenizer?: keyof typeof END_IDS; shape?: ModelConfig } = {},
): void {
  const { attention_bias, rope_scaling, ...fields } = shape;
  const { text, turn } = END_IDS[tokenizer];
  const write = (file: string, content: object) => writeFileSync(join(folder, file), JSON.stringify(content));
  mkdirSync(folder, { recursive: true });
  write("config.json", {
    architectures: [attention_bias ? "Qwen2ForCausalLM" : "LlamaForCausalLM"],
    model_type: attention_bias ? "qwen2" : "llama",
    ...fields,
    ...(rope_scaling === null ? {} : { rope_scaling }),
    bos_token_id: 500,
    eos_token_id: turn,
    torch_dtype: "float32",
  });
  write("generation_config.json", {
    eos_token_id: [turn, text],
    pad_token_id: text,
    temperature: 0.7,
  });
  write("tokenizer_config.json", { eos_token: ENDS[tokenizer] });
  write("tokenizer.json", tokenizerJson(tokenizer));
  const flat = initialParameters(shape, 1);
  const tensors = new ParameterTable(shape).parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    values: flat.subarray(offset, offset + size),
  }));
  writeFileSync(
    join(folder, "model.safetensors"),
    Buffer.concat([...encodeSafetensors(tensors, { format: "pt" })]),
  );
}

/** Sums as a file of problems, with two levels. */
export function sumProblems(count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [i % 17, (7 * i) % 23];
    const [level, prompt] =
      i % 2 === 0 ? ["easy", `What is ${a} + ${b}? (${i})`] : ["hard", `Say ${a} times ${b}. (${i})`];
    return `${JSON.stringify({ prompt, answer: level === "easy" ? `${a + b}` : a * b, level })}\n`;
  }).join("");
}
