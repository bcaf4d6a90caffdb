/** A pinned prompt: asked again every few steps, so that the policy can be watched as it learns. */
import { signal } from "@preact/signals";
import type { ToyTask } from "../../src/tasks/task.ts";
import { formatNumber } from "../state/format.ts";
import {
  PIN_EVERY,
  PIN_SAMPLES,
  type Pin,
  pinError,
  type Sighting,
  setPin,
  sightings,
  summarise,
} from "../state/pins.ts";
import { inside } from "../text/insides.ts";
import { ThoughtView } from "./thought.tsx";
import type { Quantity } from "./token-marks.ts";

/** The step whose responses are shown; null: the newest. */
const shownStep = signal<number | null>(null);

export function PinnedPrompt({ pin, task, quantity }: { pin: Pin; task: ToyTask; quantity: Quantity }) {
  const words = inside().inspector;
  const history = sightings.value;
  const shown = history.find(({ step }) => step === shownStep.value) ?? history.at(-1);
  return (
    <section class="pinned" aria-label={words.pinned}>
      <div class="inspector-head">
        <h3>
          {words.pinned} <code>{pin.prompt}</code> {words.answer(pin.answer)}
        </h3>
        <button type="button" onClick={() => setPin(null)}>
          {words.unpin}
        </button>
      </div>
      <p class="quiet">{words.pinnedNote(PIN_SAMPLES, PIN_EVERY)}</p>
      {pinError.value !== null && <p class="field-error">{pinError.value.message}</p>}
      {shown !== undefined && (
        <>
          <SightingTable history={history} shown={shown} answer={pin.answer} />
          <div class="responses">
            {shown.thoughts.map((thought, index) => (
              <ThoughtView
                key={index}
                label={words.response(index + 1)}
                {...{ thought, task, quantity }}
                answer={pin.answer}
              />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function SightingTable({
  history,
  shown,
  answer,
}: {
  history: readonly Sighting[];
  shown: Sighting;
  answer: string;
}) {
  const { columns, show } = inside().inspector;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="sightings" tabIndex={0} aria-label={inside().inspector.pinned}>
      <table>
        <thead>
          <tr>
            <th scope="col">{columns.step}</th>
            <th scope="col">{columns.right}</th>
            <th scope="col">{columns.cut}</th>
            <th scope="col">{columns.length}</th>
            <th scope="col">{columns.rechecks}</th>
          </tr>
        </thead>
        <tbody>
          {history.map((sighting) => {
            const summary = summarise(sighting.thoughts, answer);
            return (
              <tr key={sighting.step} aria-current={sighting === shown}>
                <th scope="row">
                  <button
                    type="button"
                    class="small"
                    aria-label={show(sighting.step)}
                    onClick={() => {
                      shownStep.value = sighting.step;
                    }}
                  >
                    {sighting.step}
                  </button>
                </th>
                <td>
                  {summary.right}/{summary.responses}
                </td>
                <td>{summary.cut}</td>
                <td>{formatNumber(summary.meanLength, 0)}</td>
                <td>{formatNumber(summary.rechecks, 1)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
