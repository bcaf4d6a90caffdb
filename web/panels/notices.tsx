/** What went wrong or ought to be known, each with a way on. */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { ErrorCode, ErrorData } from "../../src/errors.ts";
import { browserAdvice } from "../../src/host/browser-advice.ts";
import {
  connect,
  create,
  forgetLastRun,
  open,
  openCopy,
  openRecording,
  recover,
  recoverSlower,
  shrink,
} from "../state/actions.ts";
import * as model from "../state/model.ts";
import { RECORDINGS } from "../state/recording.ts";
import { t } from "../text/index.ts";
import { lazy } from "./lazy.tsx";

const ComparisonButtons = lazy(async () => (await import("./import-button.tsx")).ComparisonButtons);

/** Milliseconds for which good news stays. */
const GOOD_NEWS = 12_000;

export function Notices() {
  const { notices } = t();
  const device = model.device.value;
  return (
    <section class="notices" aria-label={notices.label}>
      {device !== null && "code" in device && <NoDevice error={device} />}
      {device !== null && "adapter" in device && device.adapter.software && (
        <Dismissable name="software" title={notices.softwareTitle} text={notices.software} />
      )}
      {device !== null && "adapter" in device && !device.keepsRuns && (
        <Dismissable name="storage" title={notices.noStorageTitle} text={notices.noStorage} />
      )}
      <LinkNotices />
      <Restore />
      <Mishap />
      {model.failure.value !== null && <Failure error={model.failure.value} />}
      <Warning about={model.damage} title={notices.damagedTitle} words={notices.damaged} />
      <Warning about={model.rivalFailure} title={t().compare.rivalFailed} />
      <GoneOn />
    </section>
  );
}

/** The page without training. */
function NoDevice({ error }: { error: ErrorData }) {
  const { notices, controls, recordings } = t();
  const isReplaying = model.replaying.value;
  return (
    <Notice kind="warn" title={notices.titles[error.code]}>
      {!isReplaying && <Explanation error={error} words={`${help(error.code)} ${notices.recorded}`} />}
      <Ways>
        {RECORDINGS.map((name) => (
          <button
            key={name}
            type="button"
            class={isReplaying ? "" : "primary"}
            onClick={() => openRecording(name)}
          >
            {`${controls.replay}: ${recordings[name]}`}
          </button>
        ))}
        <ComparisonButtons />
        <button type="button" onClick={connect}>
          {notices.retry}
        </button>
      </Ways>
    </Notice>
  );
}

function LinkNotices() {
  const { notices } = t();
  return (
    <>
      <Warning about={model.linkError} title={notices.badLink} />
      {model.hidden.value.length > 0 && (
        <p class="quiet">
          {notices.hidden}{" "}
          <button
            type="button"
            class="plain"
            onClick={() => {
              model.hidden.value = [];
            }}
          >
            {notices.showAll}
          </button>
        </p>
      )}
    </>
  );
}

function Restore() {
  const { notices } = t();
  const run = model.restorable.value;
  if (run === null || model.state.value === "preparing") return null;
  return (
    <Notice kind="info" title={notices.restoreTitle}>
      <span class="words">{notices.restore(run.title, run.step)}</span>
      <Ways>
        <button type="button" class="primary" onClick={() => open(run.id)}>
          {notices.restoreButton}
        </button>
        <button type="button" onClick={forgetLastRun}>
          {notices.restoreDiscard}
        </button>
      </Ways>
    </Notice>
  );
}

/** A lost device or worker comes back by itself: this says so, and goes when all is well. */
function Mishap() {
  const { notices } = t();
  const mishap = model.mishap.value;
  const isMended = mishap === "regained" || mishap === "restarted";
  useEffect(() => {
    if (!isMended) return;
    const timer = setTimeout(() => {
      model.mishap.value = null;
    }, GOOD_NEWS);
    return () => clearTimeout(timer);
  }, [mishap]);
  if (mishap === null) return null;
  const code = mishap === "lost" || mishap === "regained" ? "device-lost" : "worker-died";
  return (
    <Notice kind={isMended ? "info" : "warn"} title={notices.titles[code]}>
      <span class="words">{notices[mishap]}</span>
    </Notice>
  );
}

function GoneOn() {
  const { goneOn } = model;
  useEffect(() => {
    const timer = setTimeout(() => {
      goneOn.value = null;
    }, GOOD_NEWS);
    return () => clearTimeout(timer);
  }, [goneOn.value]);
  return goneOn.value === null ? null : (
    <p class="notice info" role="status">
      {t().status.hiddenTab(goneOn.value)}
    </p>
  );
}

/** A way on for errors that have one beside reading on; the rest can be dismissed. */
function wayOn({ code, field }: ErrorData): { readonly name: string; readonly act: () => unknown } | null {
  const { notices } = t();
  switch (code) {
    case "device-lost":
    case "adapter-unavailable":
    case "worker-died":
      return { name: notices.retry, act: recover };
    case "out-of-memory":
    case "limit-exceeded":
      return { name: notices.actions.smaller, act: shrink };
    case "numerics-failed":
      return { name: notices.actions.slower, act: recoverSlower };
    case "run-locked":
      return field === undefined ? null : { name: notices.actions.copy, act: () => openCopy(field) };
    case "storage-failed":
      return {
        name: notices.actions.openRuns,
        act: () => {
          model.panel.value = "runs";
        },
      };
    case "checkpoint-invalid":
      return { name: notices.actions.another, act: () => create(model.draft.value) };
    case "validation":
    case "shader-compilation":
    case "defect":
      return { name: notices.reload, act: () => location.reload() };
    default:
      return null;
  }
}

function Failure({ error }: { error: ErrorData }) {
  const { notices } = t();
  const way = wayOn(error);
  const dismiss = () => {
    model.failure.value = null;
  };
  return (
    <Notice kind="bad" title={notices.titles[error.code]}>
      <Explanation error={error} />
      <Ways>
        {way !== null && (
          <button type="button" class="primary" onClick={way.act}>
            {way.name}
          </button>
        )}
        <button type="button" onClick={dismiss}>
          {notices.dismiss}
        </button>
      </Ways>
    </Notice>
  );
}

/** An error that stops nothing, until it is put away. */
function Warning(props: { about: Signal<ErrorData | null>; title: string; words?: string }) {
  const { about, title, words } = props;
  const error = about.value;
  if (error === null) return null;
  const dismiss = () => {
    about.value = null;
  };
  return (
    <Notice kind="warn" title={title}>
      <Explanation error={error} words={words} />
      <Ways>
        <button type="button" onClick={dismiss}>
          {t().notices.dismiss}
        </button>
      </Ways>
    </Notice>
  );
}

type Kind = "info" | "warn" | "bad";

function Notice({ kind, title, children }: { kind: Kind; title: string; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** A warning that stays away once it was read, as long as the page is open. */
function Dismissable({ name, title, text }: { name: string; title: string; text: string }) {
  if (model.dismissed.value.includes(name)) return null;
  const dismiss = () => {
    model.dismissed.value = [...model.dismissed.value, name];
  };
  return (
    <Notice kind="warn" title={title}>
      <span class="words">{text}</span>
      <Ways>
        <button type="button" onClick={dismiss}>
          {t().notices.dismiss}
        </button>
      </Ways>
    </Notice>
  );
}

/** What helps, in the page's language, and what the error itself says, which is English. */
function Explanation({ error, words = help(error.code) }: { error: ErrorData; words?: string | undefined }) {
  return (
    <span class="words">
      {words} <small lang="en">({error.message})</small>
    </span>
  );
}

function help(code: ErrorCode): string {
  const { advice, notices } = t();
  const isOfBrowser = code === "webgpu-unavailable" || code === "adapter-unavailable";
  return isOfBrowser ? advice[browserAdvice(navigator, isSecureContext)] : notices.ways[code];
}

function Ways({ children }: { children: ComponentChildren }) {
  return <span class="ways">{children}</span>;
}
