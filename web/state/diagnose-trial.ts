import type { Config } from "../../src/train/config.ts";
import type { Preflight } from "../../src/train/preflight.ts";
import type { Finding, Found } from "./finding.ts";
import { learnsFromMistakes, needsRight } from "./learns-from.ts";
import { easier, harder, livelier, longer } from "./remedies.ts";

/** What the trial rollout says of a run that has hardly begun. */
export function fromTrial(config: Config, trial: Preflight): Finding[] {
  const { accuracyAtLmax: accuracy, truncatedAtLmin, truncatedAtLmax, deadGroupsAtLmax, lmin } = trial;
  const findings: Found[] = [
    needsRight(config) &&
      accuracy < 0.01 && {
        code: "never-right",
        severity: "stops",
        evidence: { accuracy, truncated: truncatedAtLmax },
        remedies: easier(config),
      },
    learnsFromMistakes(config) &&
      trial.accuracyAtLmin > 0.97 && {
        code: "always-right",
        severity: "stops",
        evidence: { accuracy: trial.accuracyAtLmin, deadGroups: trial.deadGroupsAtLmin },
        remedies: harder(config),
      },
    truncatedAtLmin > 0.9 && {
      code: "cut-off",
      severity: truncatedAtLmax > 0.95 ? "stops" : "slows",
      evidence: { truncated: truncatedAtLmin, budget: lmin },
      remedies: longer(config),
    },
    truncatedAtLmin < 0.05 &&
      config.schedule.kind !== "constant" && {
        code: "no-pressure",
        severity: "note",
        evidence: { truncated: truncatedAtLmin, budget: lmin },
        remedies: [{ path: "schedule.lmin", value: Math.round(0.8 * trial.meanLength) }],
      },
    learnsFromMistakes(config) &&
      deadGroupsAtLmax > 0.9 &&
      accuracy >= 0.01 &&
      accuracy <= 0.97 && {
        code: "dead-groups",
        severity: "slows",
        evidence: { deadGroups: deadGroupsAtLmax, accuracy },
        remedies: [...livelier(config), ...(accuracy > 0.5 ? harder(config) : easier(config))],
      },
  ];
  return findings
    .filter((finding) => finding !== false)
    .map((finding) => ({ ...finding, source: "preflight" }));
}
