/** One answer of the policy to a question, with its tokens. */
import type { ToyTask } from "../../src/tasks/task.ts";
import type { Thought } from "../../src/worker/protocol.ts";
import { answerOf, isRight } from "../state/pins.ts";
import { inside } from "../text/insides.ts";
import { markTokens, type Quantity, wordsPerNumber } from "./token-marks.ts";
import { TokenView } from "./tokens.tsx";

/**
 * @param answer the right answer, where it is known.
 * @param written words that are shown; while it is still being written nothing is said of how it ends.
 */
export function ThoughtView({
  label,
  thought,
  answer,
  task,
  quantity,
  written = Number.POSITIVE_INFINITY,
}: {
  label: string;
  thought: Thought;
  answer: string | null;
  task: ToyTask;
  quantity: Quantity;
  written?: number;
}) {
  const words = inside().inspector;
  const marks = markTokens(thought, Number.POSITIVE_INFINITY, wordsPerNumber(task.vocabulary));
  const given = answerOf(thought);
  const isWhole = written >= thought.words.length;
  const verdict = isWhole ? verdictOf(thought, answer) : "unknown";
  return (
    <article class={`response ${verdict}`}>
      <header>
        <span>
          {verdict === "unknown" ? (
            <strong>{isWhole ? words.verdicts.unknown : words.writing}</strong>
          ) : (
            <strong class={verdict === "right" ? "right" : "wrong"}>
              {verdict === "right" ? "✓" : "✗"} {words.verdicts[verdict]}
            </strong>
          )}{" "}
          {isWhole && given !== null && words.answered(given)}
        </span>
        <span class="response-figures">{words.length(thought.words.length)}</span>
      </header>
      <TokenView label={label} marks={marks.slice(0, written)} quantity={quantity} />
    </article>
  );
}

function verdictOf(thought: Thought, answer: string | null): "right" | "wrong" | "cut" | "unknown" {
  if (thought.truncated) return "cut";
  const right = isRight(thought, answer);
  if (right === null) return "unknown";
  return right ? "right" : "wrong";
}
