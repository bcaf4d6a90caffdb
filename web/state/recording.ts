import type { Config } from "../../src/train/config.ts";
import type { PhaseRecord } from "../../src/train/records.ts";
import type { OpenedRun, RunRecord } from "../../src/worker/protocol.ts";

/** The recorded runs of web/public/recordings, by the names of their files. */
export const RECORDINGS = ["siri", "fixed"] as const;
export type RecordingName = (typeof RECORDINGS)[number];

/** A run as it was recorded, for browsers that cannot train. */
export interface Recording {
  readonly config: Config;
  readonly records: readonly RunRecord[];
  /** Rollouts of some steps. */
  readonly samples: readonly PhaseRecord[];
}

/** A recording as one of the page's runs. */
export interface TitledRecording extends Recording {
  /** See {@link recordingId}. */
  readonly id: string;
  readonly title: string;
}

const ID_PREFIX = "recording:";

/** The id of a recorded run; no stored run can have it, as it is no name of a folder. */
export function recordingId(name: string): string {
  return ID_PREFIX + name;
}

export function isRecordingId(id: string): boolean {
  return id.startsWith(ID_PREFIX);
}

/** A recorded run as the worker would open it. */
export function asOpened({ id, title, config, records }: TitledRecording): OpenedRun {
  const summary = { id, title, kind: "rl" as const, config, step: 0, checkpoints: [], modified: 0 };
  return { summary, step: 0, records, preflight: null };
}
