/** The stored runs: open, draw, rename, delete, take out and bring in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RunSummary } from "../../src/worker/protocol.ts";
import { SaveMetrics } from "../charts/save-buttons.tsx";
import { create, hasDevice, open } from "../state/actions.ts";
import { namesByDifference } from "../state/config-diff.ts";
import {
  exportConfig,
  exportRun,
  exportSamples,
  importFiles,
  refreshLibrary,
  remove,
  rename,
  setDrawn,
} from "../state/library.ts";
import * as model from "../state/model.ts";
import type { RunView } from "../state/run-view.ts";
import { attempt, fail } from "../state/session.ts";
import { t } from "../text/index.ts";

export function Runs() {
  const { runs } = t();
  const library = model.library.value;
  useEffect(() => {
    if (hasDevice.value) attempt(refreshLibrary).catch(fail);
  }, [model.savedStep.value, model.state.value]);
  const differing = namesByDifference(library.map(({ config }) => config));
  return (
    <section class="runs" aria-label={runs.title}>
      <div class="add">
        <ImportButton />
        <ScratchButton />
      </div>
      <p class="quiet">{runs.scratchNote}</p>
      {library.length === 0 ? (
        <p>{runs.empty}</p>
      ) : (
        <ul>
          {library.map((run, i) => (
            <Run key={run.id} run={run} difference={differing[i]!} />
          ))}
        </ul>
      )}
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
      <div class="quiet">
        {runs.differs}: {/^\d*$/.test(difference) ? runs.same : difference}
      </div>
      <RunButtons run={run} view={view} />
    </li>
  );
}

function RunButtons({ run, view }: { run: RunSummary; view: RunView | undefined }) {
  const { runs } = t();
  const isRenaming = useSignal(false);
  if (isRenaming.value) return <Renaming run={run} done={() => (isRenaming.value = false)} />;
  const removeIfSure = () => {
    if (confirm(runs.removeSure(run.title))) return remove(run.id);
  };
  const startFrom = () => create({ ...model.draft.value, init: `${run.id}/checkpoints/final` });
  const named = (text: string) => `${text}: ${run.title}`;
  return (
    <div class="ways">
      {run.id !== model.currentId.value && run.step > 0 && (
        <button type="button" aria-label={named(runs.open)} onClick={() => open(run.id)}>
          {runs.open}
        </button>
      )}
      {run.kind === "sft" && run.checkpoints.includes("final") && (
        <button type="button" aria-label={named(runs.start)} onClick={startFrom}>
          {runs.start}
        </button>
      )}
      <button type="button" aria-label={named(runs.export)} onClick={() => exportRun(run.id)}>
        {runs.export}
      </button>
      {view !== undefined && <SaveMetrics run={view} words={t().charts} />}
      <button type="button" aria-label={named(runs.samples)} onClick={() => exportSamples(run.id)}>
        {runs.samples}
      </button>
      <button type="button" aria-label={named(runs.settings)} onClick={() => exportConfig(run)}>
        {runs.settings}
      </button>
      <button type="button" aria-label={named(runs.rename)} onClick={() => (isRenaming.value = true)}>
        {runs.rename}
      </button>
      <button type="button" aria-label={named(runs.remove)} onClick={removeIfSure}>
        {runs.remove}
      </button>
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

function ImportButton() {
  const { runs } = t();
  const take = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = "";
    return importFiles(files);
  };
  return (
    <label class="button">
      {runs.import}
      <input class="unseen" type="file" accept=".zip,application/zip" multiple onChange={take} />
    </label>
  );
}

/** The pre-RL model, taught from random weights: one watches it learn to overthink. */
function ScratchButton() {
  const { runs } = t();
  return (
    <button type="button" onClick={() => create({ ...model.draft.value, init: "random" }, "sft")}>
      {runs.scratch}
    </button>
  );
}
