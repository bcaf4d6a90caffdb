/** What was edited but does not count yet, and the ways to make it count. */
import type { ErrorData } from "../../src/errors.ts";
import { configure, create, hasDevice } from "../state/actions.ts";
import { type Difference, differences, showValue } from "../state/config-diff.ts";
import { draftError } from "../state/draft.ts";
import { current, draft, replaying, state } from "../state/model.ts";
import { inside } from "../text/insides.ts";
import { takesEffect } from "./settings-form.ts";
import "./draft-bar.css";
import "./field.css";

export function DraftBar() {
  const words = inside().settings;
  const run = current.value;
  if (run === null) return <DraftError error={draftError.value} />;
  const pending = differences(run.config.value, draft.value);
  if (pending.length === 0) return null;
  const error = draftError.value;
  const isLive =
    !replaying.value && run.kind === "rl" && pending.every(({ path }) => takesEffect(path) === "next-step");
  return (
    <section class="draft-bar" aria-label={words.pending}>
      <p>
        <strong>{words.pending}:</strong> {pending.map(showDifference).join(", ")}
      </p>
      <DraftError error={error} />
      <p class="draft-actions">
        {isLive && (
          <button
            type="button"
            disabled={error !== null || state.value === "finished"}
            onClick={() => void configure(draft.value)}
          >
            {words.apply}
          </button>
        )}
        <button
          type="button"
          disabled={error !== null || !hasDevice.value}
          onClick={() => void create(draft.value, run.kind)}
        >
          {words.restart}
        </button>
        <button
          type="button"
          onClick={() => {
            draft.value = run.config.value;
          }}
        >
          {words.undo}
        </button>
        {!isLive && <span>{words.needsNewRun}</span>}
      </p>
    </section>
  );
}

function DraftError({ error }: { error: ErrorData | null }) {
  return (
    <p class="field-error" role="alert">
      {error?.message}
    </p>
  );
}

function showDifference({ path, from, to }: Difference): string {
  return `${path} ${showValue(from)} → ${showValue(to)}`;
}
