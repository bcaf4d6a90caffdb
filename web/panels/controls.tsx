/** Play, pause and all that drives a run, and how it stands. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { capAt, phaseAt } from "../../src/rl/length-schedule.ts";
import {
  canPlay,
  compareFixedWithSiri,
  hasDevice,
  pause,
  play,
  reset,
  resetWithNewSeed,
  save,
  setRest,
  skipTrial,
} from "../state/actions.ts";
import {
  formatDuration,
  formatMegabytes,
  formatNumber,
  formatPercent,
  formatTokens,
} from "../state/format.ts";
import * as model from "../state/model.ts";
import { preferences } from "../state/preferences.ts";
import { totalSteps } from "../state/session.ts";
import { t } from "../text/index.ts";
import { withKey } from "./keyboard.ts";

/** Milliseconds to rest after each phase, by the name of the speed. */
const RESTS = { full: 0, calm: 100, slow: 500, verySlow: 2000 } as const;

export function Controls() {
  const { controls } = t();
  return (
    <section id="controls" class="controls" aria-label={controls.label} data-tour="controls" tabIndex={-1}>
      <div class="row">
        <PlayButton />
        <button
          type="button"
          disabled={!canPlay.value}
          title={withKey(controls.stepNote, ".")}
          onClick={() => play("step")}
        >
          {controls.step}
        </button>
        <button
          type="button"
          disabled={!canPlay.value}
          title={withKey(controls.phaseNote, ",")}
          onClick={() => play("phase")}
        >
          {controls.phase}
        </button>
        <SpeedChoice />
        <span class="spread" />
        <ResetButtons />
      </div>
      <Standing />
    </section>
  );
}

function PlayButton() {
  const { controls } = t();
  const isRunning = model.state.value === "running";
  const name = isRunning ? controls.pause : model.replaying.value ? controls.replay : controls.play;
  return (
    <button
      type="button"
      class="primary"
      disabled={!isRunning && !canPlay.value}
      title={withKey(name, " ")}
      onClick={() => (isRunning ? pause() : play())}
    >
      <span aria-hidden="true">{isRunning ? "❚❚ " : "▶ "}</span>
      {name}
    </button>
  );
}

function SpeedChoice() {
  const { controls } = t();
  const { rest } = preferences.value;
  const names = Object.keys(RESTS) as (keyof typeof RESTS)[];
  const chosen = names.findLast((name) => RESTS[name] <= rest) ?? "full";
  return (
    <label>
      {controls.speed}
      <select
        value={chosen}
        onChange={({ currentTarget }) => setRest(RESTS[currentTarget.value as keyof typeof RESTS])}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {controls.speeds[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

function ResetButtons() {
  const { controls, compare } = t();
  const isBusy = model.state.value === "preparing";
  const cannotReset = isBusy || model.current.value === null;
  const canSave = hasDevice.value && !model.replaying.value && model.current.value !== null && !isBusy;
  return (
    <>
      <button type="button" disabled={cannotReset} title={withKey(controls.resetNote, "r")} onClick={reset}>
        {controls.reset}
      </button>
      <button type="button" disabled={cannotReset} title={controls.newSeedNote} onClick={resetWithNewSeed}>
        {controls.newSeed}
      </button>
      <button type="button" disabled={!canSave} title={withKey(controls.save, "s")} onClick={save}>
        {controls.save}
      </button>
      {!model.hidden.value.includes("compare") && (
        <button
          type="button"
          data-tour="compare"
          disabled={isBusy || !hasDevice.value}
          title={compare.note}
          onClick={compareFixedWithSiri}
        >
          {compare.button}
        </button>
      )}
    </>
  );
}

/** How the run stands: figures that keep their places while they change. */
function Standing() {
  const { status } = t();
  const { value: step } = model.step;
  const steps = totalSteps();
  return (
    <>
      <dl class="figures">
        <Figure name={stateName()} value={<Situation />} />
        <Figure name={status.step} value={status.of(step, steps)} />
        <Budget step={Math.min(step, steps - 1)} />
        <Latest />
        <Figure name={status.left} value={<TimeLeft />} />
        <Figure
          name={status.saved}
          value={model.savedStep.value > 0 ? status.savedAt(model.savedStep.value) : status.notSaved}
        />
      </dl>
      <progress class="progress" max={steps} value={step} aria-label={status.step} />
    </>
  );
}

function stateName(): string {
  const { states } = t().status;
  if (model.replaying.value) return states.replaying;
  if (model.device.value === null) return states.connecting;
  if ("code" in model.device.value) {
    const { code } = model.device.value;
    return code.endsWith("unavailable") ? t().device.none : t().notices.titles[code];
  }
  return states[model.state.value];
}

/** What is being done, or what it would take. */
function Situation() {
  const { status } = t();
  const { compiling, estimate, pace, state, trial } = model;
  if (compiling.value !== null) {
    const { done, total, label } = compiling.value;
    return <small>{status.compiling(done, total, label)}</small>;
  }
  if (trial.value !== null) return <Trial {...trial.value} />;
  if (state.value === "preparing") return <small>{status.preparing}</small>;
  if (state.value === "running" && pace.value !== null)
    return <>{status.perSecond(formatNumber(pace.value, pace.value < 10 ? 2 : 0))}</>;
  if (model.replaying.value) return <small>{model.current.value?.title.value}</small>;
  if (estimate.value === null) return <small>–</small>;
  const text =
    "code" in estimate.value
      ? estimate.value.message
      : status.memory(formatMegabytes(estimate.value.gpuBytes), formatNumber(estimate.value.parameters));
  return <small>{text}</small>;
}

/** The trial rollout tells what to expect, and can be done without. */
function Trial({ done, total }: { done: number; total: number }) {
  const { controls, status } = t();
  return (
    <>
      <small>{status.trial(done, total)}</small>{" "}
      <button type="button" class="plain" onClick={skipTrial}>
        {controls.skipTrial}
      </button>
    </>
  );
}

function Budget({ step }: { step: number }) {
  const { status } = t();
  const config = model.current.value?.config.value ?? model.draft.value;
  const { phase } = phaseAt(config.schedule, step);
  return (
    <Figure
      name={status.budget}
      value={
        <>
          {capAt(config.schedule, step)} <small>{status.phases[phase]}</small>
        </>
      }
    />
  );
}

/** Of the newest step, which its chart smooths. */
function Latest() {
  const { status } = t();
  const run = model.current.value;
  run?.version.value;
  const metrics = run?.steps.at(-1)?.metrics;
  return (
    <>
      <Figure name={status.accuracy} value={formatPercent(metrics?.acc)} />
      <Figure name={status.length} value={formatTokens(metrics?.["completions/mean_length"])} />
    </>
  );
}

/** By the pace of the last seconds; before the first step, by the trial rollout. Null where neither tells. */
function secondsLeft(): number | null {
  const { state, pace, step, preflight } = model;
  if (step.value === 0) return preflight.value?.seconds ?? null;
  if (state.value !== "running" || pace.value === null || pace.value <= 0) return null;
  return (totalSteps() - step.value) / pace.value;
}

/** Told anew every two seconds at most: a figure that dances says nothing. */
function TimeLeft() {
  const shown = useSignal("–");
  useEffect(() => {
    const update = () => {
      const seconds = secondsLeft();
      shown.value = seconds === null ? "–" : formatDuration(seconds);
    };
    const timer = setInterval(update, 2000);
    return () => clearInterval(timer);
  }, []);
  return <>{shown.value}</>;
}

function Figure({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
