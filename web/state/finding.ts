import type { Edit } from "./edit-config.ts";

/** `stops`: nothing can be learned; `slows`: little is; `note`: as it should be, though it may look odd. */
export type Severity = "stops" | "slows" | "note";

export type FindingCode =
  | "never-right"
  | "always-right"
  | "cut-off"
  | "no-pressure"
  | "dead-groups"
  | "no-pairs"
  | "skipped-steps"
  | "gradient-large"
  | "gradient-none"
  | "rate-small"
  | "collapsed"
  | "entropy-low"
  | "entropy-high"
  | "clipped-updates"
  | "held-back"
  | "mismatch"
  | "compressing";

/** The numbers that a finding rests on; shares are from 0 to 1, lengths in tokens, entropy in nats. */
export type EvidenceName =
  | "accuracy"
  | "accuracyBefore"
  | "truncated"
  | "deadGroups"
  | "allRight"
  | "allWrong"
  | "pairs"
  | "longest"
  | "budget"
  | "skipped"
  | "gradientNorm"
  | "learningRate"
  | "entropy"
  | "clipped"
  | "penalty"
  | "mismatch";

export type Evidence = Readonly<Partial<Record<EvidenceName, number>>>;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Where the numbers are from. */
  readonly source: "run" | "preflight";
  readonly evidence: Evidence;
  /** What may help; each changes the config and leaves one that can be run. */
  readonly remedies: readonly Edit[];
}

/** A finding before it is said where its numbers are from; false where there is none. */
export type Found = Omit<Finding, "source"> | false;
