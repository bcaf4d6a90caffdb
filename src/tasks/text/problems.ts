import { BellowsError } from "../../errors.ts";
import { goldAnswer } from "./answer.ts";

/** A line of a file of problems. */
export interface TextLine {
  readonly prompt: string;
  readonly answer: string;
  /** Name of its difficulty; empty where the line has none. */
  readonly level: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Problems from a JSON Lines file: objects of `prompt`, `answer` (text or a number) and, if wanted, `level` (likewise). Other
 * fields are passed over, as are empty lines. An answer may be a whole solution: see {@link goldAnswer}.
 * @param file how messages name the file.
 * @throws BellowsError `input-invalid` naming the line and what would be right.
 */
export function readProblems(text: string, file: string): TextLine[] {
  const problems: TextLine[] = [];
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [index, content] of lines.entries()) {
    if (content.trim() !== "") problems.push(readLine(content, index + 1, file));
  }
  if (problems.length === 0) throw wrong(file, "no problems", 'lines of {"prompt": "…", "answer": "…"}');
  return problems;
}

function readLine(content: string, line: number, file: string): TextLine {
  const place = `${file}, line ${line}`;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    const reason = (cause as Error).message.replaceAll(/\p{Cc}/gu, "?").slice(0, 200);
    throw new BellowsError("input-invalid", `${place} is not JSON: ${reason}`, { field: "text.file", cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(place, "no object", 'an object like {"prompt": "…", "answer": "…"}');
  }
  const { prompt, answer, level = "" } = value as Record<string, unknown>;
  if (typeof prompt !== "string" || prompt.trim() === "") throw wrong(place, "no prompt", "a text in prompt");
  const gold = isPlain(answer) ? goldAnswer(`${answer}`) : "";
  if (gold === "") throw wrong(place, "no answer", "a text or a number in answer");
  if (!isPlain(level)) throw wrong(place, "a level that is neither text nor a number", "one, or none");
  return { prompt, answer: gold, level: `${level}`, line };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function wrong(place: string, found: string, right: string): BellowsError {
  return new BellowsError("input-invalid", `${place} has ${found}; it must have ${right}`, {
    field: "text.file",
  });
}
