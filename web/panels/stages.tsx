/** The stages of a schedule as a table of numbers. */
import { editDraft } from "../state/draft.ts";
import { draft } from "../state/model.ts";
import { inside } from "../text/insides.ts";
import { NumberInput } from "./field.tsx";
import { addStage, removeStage } from "./schedule-curve.ts";

export function StageTable() {
  const words = inside().schedule;
  const { schedule, rl } = draft.value;
  const { stages } = schedule;
  const setStage = (index: number, change: { step?: number; cap?: number }) => {
    const next = stages.map((stage, i) => (i === index ? { ...stage, ...change } : stage));
    editDraft("schedule.stages", next);
  };
  return (
    <div class="stages">
      {stages.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{words.fromStep}</th>
              <th scope="col">{words.budget}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {stages.map(({ step, cap }, index) => (
              <tr key={index}>
                <td>
                  <NumberInput
                    aria-label={words.stageStep(index + 1)}
                    value={step}
                    change={(value) => setStage(index, { step: value })}
                  />
                </td>
                <td>
                  <NumberInput
                    aria-label={words.stageCap(index + 1)}
                    value={cap}
                    change={(value) => setStage(index, { cap: value })}
                  />
                </td>
                <td>
                  <button
                    type="button"
                    aria-label={words.removeStage(index + 1)}
                    onClick={() => editDraft("schedule", removeStage(schedule, index))}
                  >
                    ×
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <button type="button" onClick={() => editDraft("schedule", addStage(schedule, rl.steps))}>
        {words.addStage}
      </button>
    </div>
  );
}
