/** What follows by itself from the page's state: its address, the estimate, a screen that stays awake. */
import { batch, effect } from "@preact/signals";
import type { Config } from "../../src/train/config.ts";
import { namesByDifference } from "./config-diff.ts";
import { configError } from "./edit-config.ts";
import { type LinkReading, readHash, writeHash } from "./hash.ts";
import * as model from "./model.ts";
import { asErrorData, worker } from "./session.ts";

/** Milliseconds without a change before the address follows the settings: browsers limit how often it may change. */
const HASH_DELAY = 300;
const ESTIMATE_DELAY = 200;

/**
 * Takes the settings out of the page's address, and keeps it in step with them from now on. A link that cannot be used stays
 * there until a setting is changed, so that it can be looked at and mended.
 */
export function keepHash(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The settings that a bad link left as they were. */
  let unlinked: Config | null = null;
  const take = () => {
    const reading = readHash(location.hash);
    unlinked = reading.ok ? null : model.draft.peek();
    batch(() => takeLink(reading));
  };
  take();
  addEventListener("hashchange", take);
  effect(() => {
    const link = { config: model.draft.value, hide: model.hidden.value };
    clearTimeout(timer); // what was to be written is out of date
    if (link.config === unlinked || model.replaying.value || configError(link.config) !== null) return;
    timer = setTimeout(() => {
      const hash = `#${writeHash(link)}`;
      if (location.hash !== hash && !(location.hash === "" && hash === "#v=1")) {
        history.replaceState(null, "", hash);
      }
    }, HASH_DELAY);
  });
}

function takeLink(reading: LinkReading): void {
  if (reading.ok) {
    model.linkError.value = null;
    model.hidden.value = reading.link.hide;
    model.draft.value = reading.link.config;
  } else {
    model.linkError.value = reading.error;
    model.hidden.value = reading.hide;
  }
}

/** Names the runs that are drawn: as their owner did, else by what their settings differ in where that tells them apart. */
export function keepNames(): void {
  effect(() => {
    const runs = model.runs.value;
    const differences = namesByDifference(runs.map(({ config }) => config.value));
    batch(() => {
      for (const [i, { id, title, name }] of runs.entries()) {
        const tells = differences.indexOf(differences[i]!) === differences.lastIndexOf(differences[i]!);
        name.value = title.value === id && tells && differences[i] !== "" ? differences[i]! : title.value;
      }
    });
  });
}

/** Asks what the settings would take, whenever they changed and the device is there. */
export function keepEstimate(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const config = model.draft.value;
    const device = model.device.value;
    clearTimeout(timer);
    if (device === null || "code" in device) return;
    timer = setTimeout(async () => {
      try {
        const estimate = await worker().estimate(config);
        if (model.draft.value === config) model.estimate.value = estimate;
      } catch (error) {
        if (model.draft.value === config) model.estimate.value = asErrorData(error);
      }
    }, ESTIMATE_DELAY);
  });
}

/** Keeps the screen awake while training is watched. A browser may refuse, e.g. on a low battery: then it is dark. */
export function keepAwake(): void {
  let lock: WakeLockSentinel | null = null;
  const update = async () => {
    const isWatched = model.state.value === "running" && document.visibilityState === "visible";
    if (isWatched && lock === null && "wakeLock" in navigator) {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => {
        lock = null;
      });
    } else if (!isWatched) await lock?.release();
  };
  const tryUpdate = () => {
    update().catch((error: unknown) => console.debug("no wake lock:", error));
  };
  document.addEventListener("visibilitychange", tryUpdate);
  effect(() => {
    // Read here, so that a change of it is followed.
    if (model.state.value) tryUpdate();
  });
}

/** Tells, when the page is seen again, how far training went on meanwhile. */
export function tellOfHiddenTime(): void {
  let before: number | null = null;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      before = model.state.value === "running" ? model.step.value : null;
      return;
    }
    const steps = model.step.value - (before ?? model.step.value);
    if (steps > 0) model.goneOn.value = steps;
    before = null;
  });
}

/** Asks the browser to keep stored runs when space is short, once there is one. */
export function keepStorage(): void {
  const stop = effect(() => {
    if (model.savedStep.value === 0) return;
    navigator.storage?.persist?.().catch(() => {});
    queueMicrotask(() => stop());
  });
}
