/** The newest rollout, looked into: prompts by difficulty, the responses to one of them side by side. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { createTask } from "../../src/tasks/registry.ts";
import type { ToyTask } from "../../src/tasks/task.ts";
import type { PhaseRecord, SampleRecord } from "../../src/train/records.ts";
import { think } from "../state/actions.ts";
import { formatNumber } from "../state/format.ts";
import { hasAdvantages } from "../state/learns-from.ts";
import { current, draft, phase, replaying, step } from "../state/model.ts";
import { type Pin, pin, setPin, watchPin } from "../state/pins.ts";
import { readPrompt } from "../state/prompt.ts";
import { chartWords } from "../text/chart-words.ts";
import { inside } from "../text/insides.ts";
import { PinnedPrompt } from "./pinned.tsx";
import {
  firstWorthSeeing,
  groupsOf,
  levelsOf,
  type RolloutGroup,
  type RolloutLevel,
  verdictUnder,
} from "./rollout-groups.ts";
import { markTokens, type Quantity, wordsOf, wordsPerNumber } from "./token-marks.ts";
import { TokenLegend, TokenView } from "./tokens.tsx";
import "./inspector.css";

/** What the reader chose; kept while the panel is closed. */
const quantity = signal<Quantity>("logprob");
/** The rollout that is held on to while training goes on; null: the newest is shown. */
const held = signal<PhaseRecord | null>(null);
const chosenGroup = signal<number | null>(null);
/** The budget that is looked at; null: the rollout's own. */
const budget = signal<number | null>(null);

export function Inspector() {
  const words = inside().inspector;
  const shown = held.value ?? phase.value;
  const config = current.value?.config.value ?? draft.value;
  const task = useMemo(
    () => createTask(config.task.name, config.task.settings),
    [config.task.name, config.task.settings],
  );
  useEffect(() => watchPin(think), []);
  const isWeighted = hasAdvantages(config);
  const groups = useMemo(() => groupsOf(shown?.samples ?? [], isWeighted), [shown, isWeighted]);
  const group = groups.find((one) => one.group === chosenGroup.value) ?? firstWorthSeeing(groups);
  return (
    <section class="inspector" aria-label={words.title}>
      {pin.value !== null && <PinnedPrompt pin={pin.value} task={task} quantity={quantity.value} />}
      {shown === null || group === undefined ? (
        <p>{replaying.value && step.value > 0 ? words.notKept : words.empty}</p>
      ) : (
        <>
          <RolloutHead shown={shown} />
          <div class="inspector-columns">
            <PromptList levels={levelsOf(groups)} chosen={group} task={task} shown={shown} />
            <GroupView
              group={group}
              task={task}
              cap={shown.cap}
              lmin={config.schedule.lmin}
              scored={shown.done === "score"}
              isWeighted={isWeighted}
            />
          </div>
        </>
      )}
    </section>
  );
}

function RolloutHead({ shown }: { shown: PhaseRecord }) {
  const words = inside().inspector;
  const isHeld = held.value !== null;
  const behind = (phase.value?.step ?? shown.step) - shown.step;
  return (
    <div class="inspector-head">
      <p>
        <strong>{words.step(shown.step, shown.cap)}</strong>{" "}
        {shown.done === "rollout" ? words.unscored : words.scored}
        {isHeld && behind > 0 && ` (${words.behind(behind)})`}
      </p>
      <button type="button" aria-pressed={isHeld} onClick={() => hold(isHeld ? null : shown)}>
        {isHeld ? words.follow : words.hold}
      </button>
    </div>
  );
}

function hold(rollout: PhaseRecord | null): void {
  held.value = rollout;
  if (rollout === null) chosenGroup.value = null;
}

/** A prompt that is chosen holds its rollout, lest the next one puts another in its place. */
function choose(group: RolloutGroup, shown: PhaseRecord): void {
  held.value = shown;
  chosenGroup.value = group.group;
}

function PromptList({
  levels,
  chosen,
  task,
  shown,
}: {
  levels: readonly RolloutLevel[];
  chosen: RolloutGroup;
  task: ToyTask;
  shown: PhaseRecord;
}) {
  const words = inside().inspector;
  return (
    <nav class="prompt-list" aria-label={words.prompts}>
      {levels.map((level) => (
        <div key={level.level}>
          <h3>
            {chartWords().level(task.levels[level.level]?.name ?? String(level.level))}{" "}
            <small>
              {words.rightOf(level.right, level.responses)}
              {level.dead > 0 && ` · ${words.deadGroups(level.dead)}`}
            </small>
          </h3>
          <ul>
            {level.groups.map((group) => (
              <li key={group.group}>
                <button
                  type="button"
                  aria-current={group.group === chosen.group}
                  onClick={() => choose(group, shown)}
                >
                  <code>{group.prompt}</code>
                  <GroupMarks group={group} />
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** E.g. `✓✓✗✓ 3/4`, and a word where the group teaches nothing. */
function GroupMarks({ group }: { group: RolloutGroup }) {
  const words = inside().inspector;
  const label = words.rightOf(group.right, group.samples.length);
  return (
    <span class="group-marks">
      <span role="img" aria-label={label} title={label}>
        {group.samples.map(({ correct, sample }) => (
          <span key={sample} class={correct ? "right" : "wrong"}>
            {correct ? "✓" : "✗"}
          </span>
        ))}
      </span>
      {group.dead && (
        <span class="dead" title={words.deadNote}>
          {words.dead}
        </span>
      )}
    </span>
  );
}

function GroupView({
  group,
  task,
  cap,
  lmin,
  scored,
  isWeighted,
}: {
  group: RolloutGroup;
  task: ToyTask;
  cap: number;
  lmin: number;
  scored: boolean;
  isWeighted: boolean;
}) {
  const words = inside().inspector;
  const looked = Math.min(budget.value ?? cap, cap);
  const isPinned = pin.value?.prompt === group.prompt;
  return (
    <div class="group-view">
      <div class="inspector-head">
        <h3>
          <code>{group.prompt}</code> {words.answer(group.answer)}
        </h3>
        {/* A recorded run has no model that could be asked. */}
        {!replaying.value && (
          <button
            type="button"
            aria-pressed={isPinned}
            onClick={() => setPin(isPinned ? null : pinOf(group, task))}
          >
            {isPinned ? words.unpin : words.pin}
          </button>
        )}
      </div>
      <TokenLegend
        quantity={quantity.value}
        choose={(chosen) => {
          quantity.value = chosen;
        }}
      />
      <BudgetSlider cap={cap} lmin={Math.min(lmin, cap)} looked={looked} group={group} />
      {group.dead && <p class="dead-note">{words.deadNote}</p>}
      <div class="responses">
        {group.samples.map((sample) => (
          <Response
            key={sample.sample}
            sample={sample}
            task={task}
            budget={looked}
            isUnder={looked < cap}
            scored={scored}
            isWeighted={isWeighted}
          />
        ))}
      </div>
    </div>
  );
}

function pinOf({ prompt, answer }: RolloutGroup, task: ToyTask): Pin | null {
  const reading = readPrompt(task, prompt);
  return reading.ok ? { prompt, answer, words: reading.words.join(" ") } : null;
}

function BudgetSlider({
  cap,
  lmin,
  looked,
  group,
}: {
  cap: number;
  lmin: number;
  looked: number;
  group: RolloutGroup;
}) {
  const words = inside().inspector;
  const right = group.samples.filter((sample) => verdictUnder(sample, looked) === "right").length;
  return (
    <label class="budget-slider">
      {words.budget}{" "}
      <input
        type="range"
        min={lmin}
        max={cap}
        value={looked}
        onInput={({ currentTarget }) => {
          const value = currentTarget.valueAsNumber;
          budget.value = value === cap ? null : value;
        }}
      />{" "}
      <output>
        {looked === cap
          ? words.ownBudget(cap)
          : words.otherBudget(looked, right, group.right, group.samples.length)}
      </output>
    </label>
  );
}

/** @param isUnder the budget that is looked at is smaller than the rollout's own. */
function Response({
  sample,
  task,
  budget,
  isUnder,
  scored,
  isWeighted,
}: {
  sample: SampleRecord;
  task: ToyTask;
  budget: number;
  isUnder: boolean;
  scored: boolean;
  isWeighted: boolean;
}) {
  const words = inside().inspector;
  const verdict = verdictUnder(sample, isUnder ? budget : Number.POSITIVE_INFINITY);
  const marks = markTokens(
    {
      words: wordsOf(task.vocabulary, sample.tokens),
      logprobs: sample.logprobs,
      entropies: sample.entropies,
    },
    budget,
    wordsPerNumber(task.vocabulary),
  );
  return (
    <article class={`response ${verdict}`}>
      <header>
        <span>
          <strong class={verdict === "right" ? "right" : "wrong"}>
            {verdict === "right" ? "✓" : "✗"} {words.verdicts[verdict]}
          </strong>{" "}
          {verdict === "wrong" && sample.prediction !== null && words.answered(sample.prediction)}
        </span>
        <span class="response-figures">
          <span>{words.length(sample.length)}</span>
          {scored && <span>{words.reward(formatReward(sample.reward))}</span>}
          {scored && isWeighted && <span>{words.advantage(formatSigned(sample.advantage))}</span>}
        </span>
      </header>
      <TokenView label={words.response(sample.sample + 1)} marks={marks} quantity={quantity.value} />
    </article>
  );
}

/** A response without a reward (none applied to it) has a dash. */
function formatReward(reward: number | null): string {
  return reward === null ? "–" : formatNumber(reward, 2);
}

function formatSigned(value: number): string {
  return `${value > 0 ? "+" : ""}${formatNumber(value, 2)}`;
}
