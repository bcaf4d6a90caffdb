/** What the page knows: signals that panels read and actions (actions.ts) write. */
import { computed, signal } from "@preact/signals";
import type { ErrorData } from "../../src/errors.ts";
import type { Variants } from "../../src/model/variants.ts";
import type { Config } from "../../src/train/config.ts";
import type { Preflight } from "../../src/train/preflight.ts";
import { PRESETS } from "../../src/train/presets.ts";
import type { PhaseRecord } from "../../src/train/records.ts";
import type { DamagedRun, DeviceInfo, Estimate, RunState, RunSummary } from "../../src/worker/protocol.ts";
import type { RecordedCurve } from "./curves-file.ts";
import type { Hideable } from "./hash.ts";
import type { RunView } from "./run-view.ts";

/** null: not asked yet. An error: there is none, and why; the page then plays recorded runs. */
export const device = signal<DeviceInfo | ErrorData | null>(null);
/** Kernel variants, once they are measured. */
export const variants = signal<Variants | null>(null);

/** Runs that are drawn, the current one among them. */
export const runs = signal<readonly RunView[]>([]);
/** The run that Play trains. */
export const currentId = signal<string | null>(null);
export const current = computed(() => runs.value.find(({ id }) => id === currentId.value) ?? null);
/** All stored runs. */
export const library = signal<readonly RunSummary[]>([]);
/** Those among them that cannot be read. */
export const damaged = signal<readonly DamagedRun[]>([]);

/** `none`: the worker has no run open; the current one, if there is one, is only drawn. */
export const state = signal<RunState>("none");
/** Steps that the current run has done. */
export const step = signal(0);
/** Step that the latest checkpoint holds. */
export const savedStep = signal(0);
export const compiling = signal<{ done: number; total: number; label: string } | null>(null);
/** Parts of the trial rollout that are done; null where there is none under way. */
export const trial = signal<{ done: number; total: number } | null>(null);
export const preflight = signal<Preflight | null>(null);
/** The newest rollout, as it is looked into. */
export const phase = signal<PhaseRecord | null>(null);
export const failure = signal<ErrorData | null>(null);

/** The settings in the form. They are the current run's until one is edited. */
export const draft = signal<Config>(PRESETS.default);
/** What the draft takes; an error where it cannot be. */
export const estimate = signal<Estimate | ErrorData | null>(null);

/** A stored run that the last visit left, offered to go on with. */
export const restorable = signal<RunSummary | null>(null);
/** Why the link that opened the page could not be used. */
export const linkError = signal<ErrorData | null>(null);
/** Parts of the page that the link hides. */
export const hidden = signal<readonly Hideable[]>([]);
/** Whether a recorded run is replayed, in place of training. */
export const replaying = signal(false);
/** The runs of a comparison's file, while one chooses among them. */
export const curves = signal<readonly RecordedCurve[] | null>(null);
/**
 * What goes wrong and is mended by itself; null again once that is read. Of a device, `lost`: another is being asked for, then
 * `regained`; of the worker, `died`: another is started, then `restarted`.
 */
export const mishap = signal<"lost" | "regained" | "died" | "restarted" | null>(null);
/** What is wrong with the latest checkpoint of the current run, which therefore goes on from an earlier one. */
export const damage = signal<ErrorData | null>(null);
/** Why the second run of a comparison has stopped. */
export const rivalFailure = signal<ErrorData | null>(null);

/** Steps a second over the last few seconds; null before that is known. */
export const pace = signal<number | null>(null);
/** What is read out to those who do not see the page. */
export const announcement = signal("");

/** The panel that is looked at; others may call one up. */
export const panel = signal<Hideable>("questions");
/** Steps that were made while the page was hidden; null once that is read. */
export const goneOn = signal<number | null>(null);
/** Notices that were read and put away. */
export const dismissed = signal<readonly string[]>([]);
