/** "Why is nothing learning?": what the last steps and the trial rollout say, and what may help. */
import { differences, showValue } from "../state/config-diff.ts";
import { diagnose } from "../state/diagnose.ts";
import { RECENT_STEPS } from "../state/diagnose-steps.ts";
import { type Edit, withEdits } from "../state/edit-config.ts";
import type { EvidenceName, Finding } from "../state/finding.ts";
import { formatNumber, formatPercent } from "../state/format.ts";
import { hasAdvantages } from "../state/learns-from.ts";
import { current, draft, preflight } from "../state/model.ts";
import { currentLanguage } from "../text/index.ts";
import { inside } from "../text/insides.ts";
import { DraftBar } from "./draft-bar.tsx";
import "./why.css";

export function WhyPanel() {
  const words = inside().why;
  const run = current.value;
  if (run === null) return <p>{words.noRun}</p>;
  // Read, so that the panel follows the run.
  run.version.value;
  const findings = diagnose({ steps: run.steps, config: run.config.value }, preflight.value);
  return (
    <section class="why" aria-label={words.title}>
      <p>{summary(run.steps.length, findings)}</p>
      <ul>
        {findings.map((finding) => (
          <FindingItem key={finding.code} finding={finding} />
        ))}
      </ul>
      <DraftBar />
      {hasAdvantages(run.config.value) && (
        <details>
          <summary>{words.lossTitle}</summary>
          <p>{words.lossNote}</p>
        </details>
      )}
    </section>
  );
}

function summary(steps: number, findings: readonly Finding[]): string {
  const words = inside().why;
  const serious = findings.filter(({ severity }) => severity !== "note").length;
  if (serious > 0) return words.found(serious);
  return steps < RECENT_STEPS ? words.early(RECENT_STEPS) : words.healthy(RECENT_STEPS);
}

function FindingItem({ finding }: { finding: Finding }) {
  const words = inside().why;
  const { code, severity, source, evidence, remedies } = finding;
  const { title, meaning } = words.findings[code];
  return (
    <li class={`finding ${severity}`}>
      <h3>
        {title} <small>{words.severities[severity]}</small>
      </h3>
      <p>{meaning}</p>
      <p class="evidence">
        {words.sources[source]}{" "}
        {(Object.entries(evidence) as [EvidenceName, number][]).map(([name, value]) => (
          <span key={name}>
            {words.evidence[name]} <strong>{showEvidence(name, value)}</strong>
          </span>
        ))}
      </p>
      {remedies.length > 0 && (
        <p class="remedies">
          {words.remedies}
          {remedies.map((edit) => (
            <RemedyButton key={`${edit.path} ${showValue(edit.value)}`} edit={edit} />
          ))}
        </p>
      )}
    </li>
  );
}

/** Puts the change into the form; the bar below applies it. */
function RemedyButton({ edit }: { edit: Edit }) {
  const edited = withEdits(draft.value, [edit]);
  const isMade = differences(draft.value, edited).length === 0;
  return (
    <button
      type="button"
      aria-pressed={isMade}
      onClick={() => {
        draft.value = edited;
      }}
    >
      {edit.path} = {showValue(edit.value)}
    </button>
  );
}

const SHARES: readonly EvidenceName[] = [
  ...(["accuracy", "accuracyBefore", "truncated", "deadGroups", "allRight", "allWrong"] as const),
  ...(["skipped", "clipped"] as const),
];

const LENGTHS: readonly EvidenceName[] = ["longest", "budget"];

function showEvidence(name: EvidenceName, value: number): string {
  if (SHARES.includes(name)) return formatPercent(value);
  if (LENGTHS.includes(name)) return formatNumber(value, 0);
  const notation = value !== 0 && Math.abs(value) < 1e-3 ? "scientific" : "standard";
  return new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 3, notation }).format(value);
}
