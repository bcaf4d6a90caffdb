/** The runs of a comparison's file: one is replayed, or some are drawn. */
import "./comparison.css";
import { useSignal } from "@preact/signals";
import { drawCurves, replayCurve, roomForCurves } from "../state/curves.ts";
import type { RecordedCurve } from "../state/curves-file.ts";
import { formatPercent, formatTokens } from "../state/format.ts";
import * as model from "../state/model.ts";
import { inside } from "../text/insides.ts";
import { Dialog } from "./dialog.tsx";

export function ComparisonDialog() {
  const words = inside().comparison;
  const chosen = useSignal<readonly RecordedCurve[]>([]);
  const curves = byEntry(model.curves.value ?? []);
  const room = roomForCurves();
  const toggle = (curve: RecordedCurve) => {
    const others = chosen.value.filter((one) => one !== curve);
    chosen.value = others.length < chosen.value.length ? others : [...others, curve];
  };
  return (
    <Dialog class="comparison" title={words.title(curves.length)} onClose={() => (model.curves.value = null)}>
      <p>{words.note(room)}</p>
      <button
        type="button"
        class="primary"
        disabled={chosen.value.length === 0}
        onClick={() => drawCurves(chosen.value)}
      >
        {words.draw}
      </button>
      <div class="runs">
        <ul>
          {curves.map((curve) => {
            const isChosen = chosen.value.includes(curve);
            return (
              <CurveItem
                key={curve.cell}
                curve={curve}
                isChosen={isChosen}
                isFull={!isChosen && chosen.value.length >= room}
                onToggle={() => toggle(curve)}
              />
            );
          })}
        </ul>
      </div>
    </Dialog>
  );
}

/** The seeds of an entry together; a file has them round by round. */
function byEntry(curves: readonly RecordedCurve[]): readonly RecordedCurve[] {
  const entries = [...new Set(curves.map(({ entry }) => entry))];
  return entries.flatMap((entry) => curves.filter((curve) => curve.entry === entry));
}

interface CurveItemProps {
  readonly curve: RecordedCurve;
  readonly isChosen: boolean;
  /** Whether there is no room for it beside those that are chosen. */
  readonly isFull: boolean;
  readonly onToggle: () => void;
}

function CurveItem({ curve, isChosen, isFull, onToggle }: CurveItemProps) {
  const words = inside().comparison;
  const { entry, seed, steps, evals } = curve;
  const title = words.run(entry, seed);
  const accuracy = formatPercent(evals.acc.at(-1));
  const length = formatTokens(evals.length.at(-1));
  return (
    <li>
      <div class="name">
        <input
          type="checkbox"
          aria-label={words.choose(title)}
          checked={isChosen}
          disabled={isFull}
          onChange={onToggle}
        />
        <span>{title}</span>
        <span class="quiet">{words.result(steps.cap.length, accuracy, length)}</span>
        <button type="button" aria-label={words.replayOf(title)} onClick={() => replayCurve(curve)}>
          {words.replay}
        </button>
      </div>
    </li>
  );
}
