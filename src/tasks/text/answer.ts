import { isSameNumber, lastNumber, readNumber } from "./number.ts";
import type { AnswerPattern } from "./settings.ts";

/**
 * The answer that a text gives, as it is written there: the last that fits the pattern. Null where none does, also where the
 * last one is cut off. Takes time that grows with the text's length and no faster.
 */
export function extractAnswer(text: string, pattern: AnswerPattern): string | null {
  switch (pattern) {
    case "boxed":
      return lastBoxed(text);
    case "hashes": {
      const at = text.lastIndexOf("####");
      return at < 0 ? null : filled(text.slice(at + 4).split("\n", 1)[0]!);
    }
    case "tag": {
      const end = text.lastIndexOf("</answer>");
      const begin = end < 0 ? -1 : text.lastIndexOf("<answer>", end);
      return begin < 0 ? null : filled(text.slice(begin + "<answer>".length, end));
    }
    case "last-number":
      return lastNumber(text);
  }
}

/**
 * The right answer as a data set writes it: what stands behind its last `####` (GSM8K) or in its last `\boxed{}` (MATH), else
 * all of it.
 */
export function goldAnswer(text: string): string {
  return extractAnswer(text, "hashes") ?? extractAnswer(text, "boxed") ?? text.trim();
}

/**
 * Whether two answers are the same: numbers by their values (`1,000`, `1000.0`, `1e3`, `\frac{2000}{2}`), anything else letter
 * by letter. Before, what is only dressing goes: white space at the ends and in excess, capitals, `$` and other signs of
 * currency, `%`, `°`, LaTeX's spaces, `\left`, `\right`, `\text{}`, and punctuation at the end.
 */
export function isSameAnswer(a: string, b: string): boolean {
  const [left, right] = [undressed(a), undressed(b)];
  const [x, y] = [readNumber(left), readNumber(right)];
  if (x !== null && y !== null) return isSameNumber(x, y);
  return left !== "" && tight(left) === tight(right);
}

/** The content of the last `\boxed{…}`, whose braces must be balanced. */
function lastBoxed(text: string): string | null {
  const opening = "\\boxed{";
  const begin = text.lastIndexOf(opening);
  if (begin < 0) return null;
  let depth = 1;
  for (let i = begin + opening.length; i < text.length; i++) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === "{") depth += 1;
    else if (text[i] === "}") depth -= 1;
    if (depth === 0) return filled(text.slice(begin + opening.length, i));
  }
  return null;
}

/** Lists are written with and without spaces. */
function tight(text: string): string {
  return text.replace(/ ?([,()[\]]) ?/g, "$1");
}

function filled(text: string): string | null {
  const trimmed = text.trim();
  return trimmed === "" ? null : trimmed;
}

function undressed(answer: string): string {
  const plain = answer
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u2212", "-")
    .replace(/\\(?:text|mathrm|mathbf|textbf|mbox)\{([^{}]*)\}/g, "$1")
    .replace(/\\(?:left|right|displaystyle)(?![a-z])|\\[!,;:]|\^\{?\\circ\}?|[*`]{2,3}/g, "")
    .replace(/\\ |~/g, " ")
    .replace(/\\?[$%]|[€£¥₹°]/g, "")
    .replace(/\s+/g, " ")
    .trim();
  let end = plain.length;
  while (end > 0 && " .,;:!?".includes(plain[end - 1]!)) end -= 1;
  return plain.slice(0, end).replace(/^([-+]) /, "$1");
}
