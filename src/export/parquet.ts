import type { SchemaElement } from "hyparquet-writer";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { ProblemRow } from "./problems.ts";

/** Flat columns: what TRL reads. */
export function flatParquet(rows: readonly ProblemRow[]): Uint8Array {
  const whole = (name: "step" | "level" | "cap") => ({
    name,
    data: rows.map((row) => row[name]),
    type: "INT32" as const,
    nullable: false,
  });
  const text = (name: "prompt" | "answer") => ({
    name,
    data: rows.map((row) => row[name]),
    type: "STRING" as const,
    nullable: false,
  });
  const columnData = [whole("step"), whole("level"), whole("cap"), text("prompt"), text("answer")];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const node = (name: string, children: number): SchemaElement => ({
  name,
  num_children: children,
  repetition_type: "REQUIRED",
});
const text = (name: string): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "REQUIRED",
});
const whole = (name: string): SchemaElement => ({ name, type: "INT32", repetition_type: "REQUIRED" });

/** The columns of verl's data sets (verl.utils.dataset.rl_dataset): a prompt is a list of chat messages. */
const VERL_SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 4 },
  text("data_source"),
  { ...node("prompt", 1), converted_type: "LIST" },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  node("element", 2),
  text("role"),
  text("content"),
  node("reward_model", 2),
  text("style"),
  text("ground_truth"),
  node("extra_info", 5),
  ...["index", "step", "level", "cap"].map(whole),
  text("prompt"),
];

/** Nested columns: what verl reads. @param source names the task. */
export function verlParquet(rows: readonly ProblemRow[], source: string): Uint8Array {
  const columnData = [
    { name: "data_source", data: rows.map(() => source) },
    { name: "prompt", data: rows.map(({ prompt }) => [{ role: "user", content: prompt }]) },
    { name: "reward_model", data: rows.map(({ answer }) => ({ style: "rule", ground_truth: answer })) },
    {
      name: "extra_info",
      data: rows.map(({ step, level, cap, prompt }, index) => ({ index, step, level, cap, prompt })),
    },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: VERL_SCHEMA }));
}
