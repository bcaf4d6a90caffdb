import { BellowsError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { Language } from "../language.ts";
import { type Split, splitOf } from "../split.ts";
import { type Level, levelAt, type Problem, type Task, type Verdict } from "../task.ts";
import { extractAnswer, isSameAnswer } from "./answer.ts";
import type { TextLine } from "./problems.ts";
import { type AnswerPattern, TEXT, type TextSettings } from "./settings.ts";

/** More difficulties than this are a mistake: each is a row of every evaluation. */
const MOST_LEVELS = 32;

/** The shortest right answer: one token of it, and the end token. */
const SHORTEST_RESPONSE = 2;

/**
 * Problems that are text, in the language of a published model. A prompt is encoded as it stands, with the special tokens that
 * the tokenizer itself adds; a response is right if it ended and says the right answer where the pattern looks for it.
 */
export class TextTask implements Task {
  readonly name = TEXT;
  readonly vocabulary: Language;
  readonly levels: readonly Level[];
  readonly maxPromptTokens: number;
  readonly #answer: AnswerPattern;
  /** By level, then by split. */
  readonly #problems: readonly Readonly<Record<Split, readonly Problem[]>>[];

  /**
   * @param lines the problems; none, where prompts come from elsewhere.
   * @param file how messages name the file that they are from.
   * @throws BellowsError `input-invalid` for a prompt that is too long, too many levels, or a level without problems of both splits.
   */
  constructor(
    language: Language,
    lines: readonly TextLine[],
    { answer, promptTokens }: TextSettings,
    file = "",
  ) {
    this.vocabulary = language;
    this.maxPromptTokens = promptTokens;
    this.#answer = answer;
    const names = lines.length === 0 ? [""] : levelNames(lines);
    if (names.length > MOST_LEVELS) {
      throw refused(`${file} has ${names.length} levels; it must have at most ${MOST_LEVELS}`);
    }
    this.levels = names.map((name) => ({
      name: name === "" ? "all problems" : name,
      standsFor: "",
      shortestResponse: SHORTEST_RESPONSE,
    }));
    const problems = names.map(() => ({ train: [] as Problem[], eval: [] as Problem[] }));
    for (const { prompt, answer, level, line } of lines) {
      const ids = language.encode(prompt);
      if (ids.length < 1 || ids.length > promptTokens) {
        const hint = "Set text.promptTokens higher, or take the line out.";
        throw refused(
          `${file}, line ${line} has a prompt of ${ids.length} tokens; it must have 1 to ${promptTokens}`,
          hint,
        );
      }
      const index = names.indexOf(level);
      problems[index]![splitOf(prompt)].push({ level: index, prompt: ids, answer, key: prompt });
    }
    for (const [level, { train, eval: held }] of problems.entries()) {
      if (lines.length === 0 || (train.length > 0 && held.length > 0)) continue;
      const count = train.length + held.length;
      const lacks = train.length === 0 ? "training" : "evaluation";
      const what = `${file} has ${count === 1 ? "1 problem" : `${count} problems`} at level ${this.levels[level]!.name}, none of them for ${lacks}`;
      throw refused(
        what,
        "A tenth, chosen by the text of the prompt, is kept for evaluation: give more problems.",
      );
    }
    this.#problems = problems;
  }

  problem(level: number, random: Random): Problem {
    const { train, eval: held } = levelAt(this.#problems, level);
    if (train.length + held.length === 0)
      throw refused("there are no problems; text.file must name a file of them");
    const index = random.integer(0, train.length + held.length);
    return train[index] ?? held[index - train.length]!;
  }

  listed(level: number, split: Split): readonly Problem[] {
    return levelAt(this.#problems, level)[split];
  }

  verify({ answer }: Problem, response: readonly number[]): Verdict {
    const { end, otherEnds } = this.vocabulary;
    const last = response.at(-1);
    const ended = last !== undefined && (last === end || otherEnds.includes(last));
    const prediction = ended ? extractAnswer(this.vocabulary.decode(response), this.#answer) : null;
    return { correct: prediction !== null && isSameAnswer(prediction, answer), prediction };
  }
}

/** From easy to hard: numbers in ascending order, else as they first come. */
function levelNames(lines: readonly TextLine[]): string[] {
  const names = [...new Set(lines.map(({ level }) => level))];
  return names.every((name) => name !== "" && Number.isFinite(Number(name)))
    ? names.sort((a, b) => Number(a) - Number(b))
    : names;
}

function refused(message: string, hint = ""): BellowsError {
  return new BellowsError("input-invalid", message, { field: "text.file", hint });
}
