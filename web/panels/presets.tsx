/** Presets phrased as questions, and the methods of the paper. */
import { useState } from "preact/hooks";
import { create, hasDevice } from "../state/actions.ts";
import { differences, showValue } from "../state/config-diff.ts";
import type { Edit } from "../state/edit-config.ts";
import { draft, state } from "../state/model.ts";
import { t } from "../text/index.ts";
import { lazy } from "./lazy.tsx";
import { configOf, QUESTIONS, type Question } from "./questions.ts";
import "./presets.css";

const RecipeList = lazy(async () => (await import("./recipe-list.tsx")).RecipeList);

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
      <Recipes />
    </section>
  );
}

/** Fetched when it is opened: it is long, and comes with all recipes. */
function Recipes() {
  const [open, setOpen] = useState(false);
  return (
    <details class="recipes" open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t().presets.recipes}</summary>
      {open && <RecipeList />}
    </details>
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
        disabled={!hasDevice.value || state.value === "preparing"}
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
