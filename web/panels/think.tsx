/** A question to the model: a problem of one's own, or one drawn, at any checkpoint of the run. */
import { computed, signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { createTask } from "../../src/tasks/registry.ts";
import type { ToyTask } from "../../src/tasks/task.ts";
import type { ThinkRequest, Thought } from "../../src/worker/protocol.ts";
import { create, hasDevice, think } from "../state/actions.ts";
import { current, currentId, device, draft, library, replaying } from "../state/model.ts";
import { examplePrompt, type PromptFault, readPrompt } from "../state/prompt.ts";
import { asErrorData } from "../state/session.ts";
import { chartWords } from "../text/chart-words.ts";
import { inside } from "../text/insides.ts";
import { NumberField } from "./field.tsx";
import { useFreshLibrary } from "./fresh-library.ts";
import { ThoughtView } from "./thought.tsx";
import type { Quantity } from "./token-marks.ts";
import { TokenLegend } from "./tokens.tsx";
import "./inspector.css";
import "./think.css";

/** What is asked; kept while the panel is closed. */
const question = signal({
  /** A level to draw from; null: the typed problem. */
  level: null as number | null,
  text: "",
  checkpoint: null as string | null,
  temperature: 1,
  samples: 3,
});
const asked = signal({
  times: 0,
  thoughts: [] as readonly Thought[],
  answer: null as string | null,
  asking: false,
  error: "",
});
const quantity = signal<Quantity>("logprob");

/** Those of the current run. */
const checkpoints = computed(() => library.value.find(({ id }) => id === currentId.value)?.checkpoints ?? []);
/** The one that was chosen, where this run has it too. */
const knownCheckpoint = computed(
  () => checkpoints.value.find((name) => name === question.value.checkpoint) ?? null,
);

function edit(change: Partial<typeof question.value>): void {
  question.value = { ...question.value, ...change };
}

export function ThinkPanel() {
  const words = inside().think;
  const { task: chosen } = (current.value?.config ?? draft).value;
  const task = useMemo(() => createTask(chosen.name, chosen.settings), [chosen]);
  const hasNoModel = replaying.value || (device.value !== null && !hasDevice.value);
  if (hasNoModel) return <p>{words.replaying}</p>;
  return (
    <section class="think" aria-label={words.title}>
      <Question task={task} />
      <Thoughts task={task} />
    </section>
  );
}

function Question({ task }: { task: ToyTask }) {
  const words = inside().think;
  useFreshLibrary();
  const { level, text, temperature, samples } = question.value;
  const example = examplePrompt(task, 1, 0);
  const shown = readPrompt(task, text);
  const [submitted, submit] = useState(false);
  const fault = level === null && submitted && !shown.ok ? faultText(shown.fault, example) : "";
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    submit(true);
    if (text.trim() === "") edit({ text: example }); // it stands there in grey
    const reading = readPrompt(task, question.value.text);
    if (level !== null) void ask({ level, seed: asked.value.times }, null);
    else if (reading.ok) void ask({ prompt: reading.words.join(" ") }, reading.answer);
  };
  return (
    <form onSubmit={onSubmit}>
      <div class="think-row">
        <label>
          {words.from}
          <select
            value={level ?? ""}
            onChange={({ currentTarget: { value } }) => edit({ level: value === "" ? null : Number(value) })}
          >
            <option value="">{words.own}</option>
            {task.levels.map(({ name }, index) => (
              <option key={name} value={index}>
                {words.drawn(chartWords().level(name))}
              </option>
            ))}
          </select>
        </label>
        {level === null && (
          <>
            <button type="button" onClick={() => edit({ text: examplePrompt(task, 1, text.length + 1) })}>
              {words.example}
            </button>
            <label class="typed">
              {words.problem}
              <input
                class="prompt"
                value={text}
                placeholder={example}
                autocomplete="off"
                aria-invalid={fault !== ""}
                aria-describedby="think-fault"
                onInput={({ currentTarget }) => edit({ text: currentTarget.value })}
              />
            </label>
          </>
        )}
      </div>
      <p id="think-fault" class="field-error" role="alert">
        {fault}
      </p>
      <div class="think-row">
        <label>
          {words.checkpoint}
          <select
            value={knownCheckpoint.value ?? ""}
            onChange={({ currentTarget: { value } }) => edit({ checkpoint: value === "" ? null : value })}
          >
            <option value="">{words.now}</option>
            {checkpoints.value.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <NumberField
          label={words.temperature}
          value={temperature}
          change={(value) => edit({ temperature: value })}
          least={0}
          most={100}
        />
        <NumberField
          label={words.samples}
          value={samples}
          change={(value) => edit({ samples: value })}
          least={1}
          most={16}
        />
        <button type="submit" class="primary" disabled={asked.value.asking}>
          {asked.value.asking ? words.asking : words.ask}
        </button>
      </div>
    </form>
  );
}

/**
 * Asks; where there is no run yet, one is made of the settings first, which trains nothing.
 * @param answer the right one, where the worker does not know it.
 */
async function ask(problem: ThinkRequest["problem"], answer: string | null): Promise<void> {
  const { temperature, samples } = question.value;
  const checkpoint = knownCheckpoint.value;
  const { times } = asked.value;
  asked.value = { ...asked.value, asking: true, error: "" };
  try {
    if (current.value !== null || (await create(draft.value))) {
      const thoughts = await think({ problem, checkpoint, temperature, samples, seed: times });
      asked.value = { ...asked.value, times: times + 1, thoughts, answer: thoughts[0]?.answer ?? answer };
    }
  } catch (error) {
    asked.value = { ...asked.value, error: asErrorData(error).message };
  } finally {
    asked.value = { ...asked.value, asking: false };
  }
}

function faultText(fault: PromptFault, example: string): string {
  const { faults } = inside().think;
  switch (fault.kind) {
    case "empty":
      return faults.empty(example);
    case "unknown":
      return faults.unknown(fault.text, example);
    case "long":
      return faults.long(fault.words, fault.most);
  }
}

function Thoughts({ task }: { task: ToyTask }) {
  const words = inside().think;
  const { thoughts, answer, error } = asked.value;
  const [first] = thoughts;
  const longest = Math.max(0, ...thoughts.map((thought) => thought.words.length));
  const written = useWriting(thoughts, longest);
  if (error !== "") return <p class="field-error">{error}</p>;
  if (first === undefined) return <p>{words.empty}</p>;
  return (
    <div class="group-view">
      <h3>
        <code>{first.prompt}</code> {answer !== null && inside().inspector.answer(answer)}
      </h3>
      <TokenLegend
        quantity={quantity.value}
        choose={(wanted) => {
          quantity.value = wanted;
        }}
      />
      <div class="responses">
        {thoughts.map((thought, index) => (
          <ThoughtView
            key={index}
            label={inside().inspector.response(index + 1)}
            {...{ thought, answer, task, written }}
            quantity={quantity.value}
          />
        ))}
      </div>
    </div>
  );
}

/** Milliseconds for a word, where the thoughts are shown as they are written. */
const PER_WORD = 40;

/** How many words are written by now; all at once for those who want less motion, and for what was seen already. */
function useWriting(thoughts: readonly Thought[], longest: number): number {
  const [written, write] = useState({ thoughts, count: longest });
  useEffect(() => {
    if (written.thoughts === thoughts) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      write({ thoughts, count: longest });
      return;
    }
    let count = 0;
    const timer = setInterval(() => {
      count += 1;
      write({ thoughts, count });
      if (count >= longest) clearInterval(timer);
    }, PER_WORD);
    return () => clearInterval(timer);
  }, [thoughts]);
  return written.thoughts === thoughts ? written.count : 0;
}
