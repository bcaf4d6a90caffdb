/**
 * "Why is nothing learning?", answered from the last steps of a run or, before there are any, from the trial rollout.
 */
import type { Preflight } from "../../src/train/preflight.ts";
import { type Diagnosed, fromSteps, RECENT_STEPS } from "./diagnose-steps.ts";
import { fromTrial } from "./diagnose-trial.ts";
import { isUseful } from "./edit-config.ts";
import type { Finding, Severity } from "./finding.ts";

/** Fewer steps than this say nothing. */
const FEWEST_STEPS = 5;

/** What is wrong, the worst first; empty for a run that learns, or of which nothing can be said yet. */
export function diagnose(run: Diagnosed, preflight: Preflight | null): Finding[] {
  const findings = run.steps.length < FEWEST_STEPS ? [] : fromSteps(run);
  if (preflight !== null && run.steps.length < RECENT_STEPS) {
    const known = new Set(findings.map(({ code }) => code));
    findings.push(...fromTrial(run.config, preflight).filter(({ code }) => !known.has(code)));
  }
  const order: readonly Severity[] = ["stops", "slows", "note"];
  return findings
    .map((finding) => ({
      ...finding,
      remedies: finding.remedies.filter((edit) => isUseful(run.config, [edit])),
    }))
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
