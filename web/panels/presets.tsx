/** Presets phrased as questions. */
import { create } from "../state/actions.ts";
import { differences, showValue } from "../state/config-diff.ts";
import type { Edit } from "../state/edit-config.ts";
import { draft, state } from "../state/model.ts";
import { t } from "../text/index.ts";
import { configOf, QUESTIONS, type Question } from "./questions.ts";
import "./presets.css";

export function PresetList() {
  const words = t().presets;
  return (
    <section class="questions" aria-label={words.title}>
      <p>{words.note}</p>
      <ul>
        {QUESTIONS.map((question) => (
          <QuestionItem key={question.name} question={question} />
        ))}
      </ul>
    </section>
  );
}

function QuestionItem({ question }: { question: Question }) {
  const words = t().presets;
  const { question: text, watch } = words.questions[question.name];
  const config = configOf(question);
  const isChosen = differences(config, draft.value).length === 0;
  return (
    <li class={isChosen ? "question chosen" : "question"}>
      <h3>{text}</h3>
      <p class="question-edits">{question.edits.map(showEdit).join(", ")}</p>
      <p>
        <strong>{words.watch}</strong> {watch}
      </p>
      <button
        type="button"
        disabled={state.value === "preparing"}
        aria-label={words.tryThis(text)}
        onClick={() => {
          draft.value = config;
          void create(config);
        }}
      >
        {words.try}
      </button>
    </li>
  );
}

function showEdit({ path, value }: Edit): string {
  return `${path} = ${showValue(value)}`;
}
