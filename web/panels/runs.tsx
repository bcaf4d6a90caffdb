/** The stored runs: open, draw, rename, delete, take out and bring in. */
import { useSignal } from "@preact/signals";
import type { DamagedRun, RunSummary } from "../../src/worker/protocol.ts";
import { SaveMetrics } from "../charts/save-buttons.tsx";
import { create, hasDevice, open, removeRecording } from "../state/actions.ts";
import { namesByDifference } from "../state/config-diff.ts";
import { exportConfig, exportRun, exportSamples, remove, rename, setDrawn } from "../state/library.ts";
import * as model from "../state/model.ts";
import { isRecordingId } from "../state/recording.ts";
import type { RunView } from "../state/run-view.ts";
import { chartWords } from "../text/chart-words.ts";
import { t } from "../text/index.ts";
import { inside } from "../text/insides.ts";
import { useFreshLibrary } from "./fresh-library.ts";
import { ImportButton, PublishedButton } from "./import-button.tsx";

export function Runs() {
  const { runs } = t();
  const library = model.library.value;
  const damaged = model.damaged.value;
  const recorded = model.runs.value.filter(({ id }) => isRecordingId(id));
  useFreshLibrary();
  const differing = namesByDifference(library.map(({ config }) => config));
  return (
    <section class="runs" aria-label={runs.title}>
      <div class="add">
        <ImportButton />
        <PublishedButton />
        <ScratchButton />
      </div>
      <p class="quiet">{runs.scratchNote}</p>
      {library.length + damaged.length + recorded.length === 0 ? (
        <p>{runs.empty}</p>
      ) : (
        <ul>
          {recorded.map((view) => (
            <Recorded key={view.id} view={view} />
          ))}
          {library.map((run, i) => (
            <Run key={run.id} run={run} difference={differing[i]!} />
          ))}
          {damaged.map((run) => (
            <Damaged key={run.id} run={run} />
          ))}
        </ul>
      )}
      <p class="quiet">{runs.kept}</p>
    </section>
  );
}

function Run({ run, difference }: { run: RunSummary; difference: string }) {
  const { runs } = t();
  const { id, title, kind, config, step } = run;
  const view = model.runs.value.find((one) => one.id === id);
  const isCurrent = id === model.currentId.value;
  const steps = kind === "sft" ? config.sft.steps : config.rl.steps;
  return (
    <li>
      <div class="name">
        <input
          type="checkbox"
          aria-label={runs.show(title)}
          checked={view?.shown.value ?? false}
          onChange={({ currentTarget }) => setDrawn(id, currentTarget.checked)}
        />
        <span>{title}</span>
        {isCurrent && <span class="badge">{runs.current}</span>}
        <span class="quiet">
          {runs.kinds[kind]}, {runs.steps(isCurrent ? model.step.value : step, steps)}
        </span>
      </div>
      {difference !== "" && (
        <div class="quiet">
          {runs.differs}: {difference}
        </div>
      )}
      <RunButtons run={run} />
      <Exports run={run} view={view} />
    </li>
  );
}

/** A recorded run that is drawn; it is not stored here. */
function Recorded({ view }: { view: RunView }) {
  const { runs } = t();
  const charts = chartWords();
  const { recorded, takeOff } = inside().comparison;
  const { id, shown } = view;
  const title = view.title.value;
  return (
    <li>
      <div class="name">
        <input
          type="checkbox"
          aria-label={runs.show(title)}
          checked={shown.value}
          onChange={({ currentTarget }) => (shown.value = currentTarget.checked)}
        />
        <span>{title}</span>
        {id === model.currentId.value && <span class="badge">{runs.current}</span>}
        <span class="quiet">{recorded}</span>
      </div>
      <div class="ways">
        <button type="button" aria-label={`${takeOff}: ${title}`} onClick={() => removeRecording(id)}>
          {takeOff}
        </button>
        <SaveMetrics run={view} words={charts} />
      </div>
    </li>
  );
}

/** A run that cannot be read: somebody else may be able to. */
function Damaged({ run: { id, error } }: { run: DamagedRun }) {
  const { runs } = t();
  return (
    <li>
      <div class="name">
        <span>{id}</span>
        <span class="badge">{runs.damaged}</span>
      </div>
      <small lang="en">{error.message}</small>
      <div class="ways">
        <button type="button" aria-label={`${runs.export}: ${id}`} onClick={() => exportRun(id)}>
          {runs.export}
        </button>
        <RemoveButton id={id} title={id} />
      </div>
    </li>
  );
}

/** Asks before it acts. */
function RemoveButton({ id, title }: { id: string; title: string }) {
  const { runs } = t();
  const removeIfSure = () => {
    if (confirm(runs.removeSure(title))) return remove(id);
  };
  return (
    <button type="button" aria-label={`${runs.remove}: ${title}`} onClick={removeIfSure}>
      {runs.remove}
    </button>
  );
}

function RunButtons({ run }: { run: RunSummary }) {
  const { runs } = t();
  const isRenaming = useSignal(false);
  if (isRenaming.value) return <Renaming run={run} done={() => (isRenaming.value = false)} />;
  const startFrom = () => create({ ...model.draft.value, init: `${run.id}/checkpoints/final` });
  const named = (text: string) => `${text}: ${run.title}`;
  return (
    <div class="ways">
      {run.id !== model.currentId.value && run.step > 0 && (
        <button
          type="button"
          disabled={!hasDevice.value}
          aria-label={named(runs.open)}
          onClick={() => open(run.id)}
        >
          {runs.open}
        </button>
      )}
      {run.kind === "sft" && run.checkpoints.includes("final") && (
        <button type="button" disabled={!hasDevice.value} aria-label={named(runs.start)} onClick={startFrom}>
          {runs.start}
        </button>
      )}
      <button type="button" aria-label={named(runs.rename)} onClick={() => (isRenaming.value = true)}>
        {runs.rename}
      </button>
      <RemoveButton id={run.id} title={run.title} />
    </div>
  );
}

/** All that can be taken out of a run; its metrics once it is drawn. */
function Exports({ run, view }: { run: RunSummary; view: RunView | undefined }) {
  const { runs } = t();
  const { id, title } = run;
  const button = (name: string, label: string, act: () => unknown) => (
    <button type="button" class="small" aria-label={label} onClick={act}>
      {name}
    </button>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend does not stand in a row with its buttons
    <div class="ways" role="group" aria-label={`${runs.export}: ${title}`}>
      <span class="quiet">{runs.export}</span>
      {button(runs.whole, `${runs.export}: ${title}, ${runs.whole}`, () => exportRun(id))}
      {view !== undefined && <SaveMetrics run={view} words={chartWords()} />}
      {button(runs.samples, `${runs.samples}: ${title}`, () => exportSamples(id))}
      {button(runs.settings, `${runs.settings}: ${title}`, () => exportConfig(run))}
    </div>
  );
}

function Renaming({ run, done }: { run: RunSummary; done: () => void }) {
  const { runs, app } = t();
  const title = useSignal(run.title);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (title.value.trim() !== "") await rename(run.id, title.value.trim());
    done();
  };
  return (
    <form class="ways" onSubmit={submit}>
      <input
        aria-label={runs.newName}
        value={title.value}
        maxLength={80}
        ref={(input) => input?.focus()}
        onInput={({ currentTarget }) => (title.value = currentTarget.value)}
      />
      <button type="submit">{app.done}</button>
      <button type="button" onClick={done}>
        {app.cancel}
      </button>
    </form>
  );
}

/** The pre-RL model, taught from random weights: one watches it learn to overthink. */
function ScratchButton() {
  const { runs } = t();
  return (
    <button
      type="button"
      disabled={!hasDevice.value}
      onClick={() => create({ ...model.draft.value, init: "random" }, "sft")}
    >
      {runs.scratch}
    </button>
  );
}
