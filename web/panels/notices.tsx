/** What went wrong or ought to be known, each with a way on. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { ErrorCode, ErrorData } from "../../src/errors.ts";
import { connect, create, forgetLastRun, open, openRecording, recover, shrink } from "../state/actions.ts";
import * as model from "../state/model.ts";
import { t } from "../text/index.ts";

/** Milliseconds for which good news stays. */
const GOOD_NEWS = 12_000;

export function Notices() {
  const { notices } = t();
  const device = model.device.value;
  return (
    <section class="notices" aria-label={notices.label}>
      {device !== null && "code" in device && !model.replaying.value && <NoDevice error={device} />}
      {device !== null && !("code" in device) && device.adapter.software && <SoftwareDevice />}
      <LinkNotices />
      <Restore />
      <DeviceStatus />
      {model.failure.value !== null && <Failure error={model.failure.value} />}
      <RivalFailure />
      <GoneOn />
    </section>
  );
}

/** The page without training. */
function NoDevice({ error }: { error: ErrorData }) {
  const { notices } = t();
  return (
    <Notice kind="warn" title={notices.titles[error.code]}>
      <Words text={[error.message, error.hint, notices.recorded]} />
      <Ways>
        <button type="button" class="primary" onClick={() => openRecording()}>
          {notices.replay}
        </button>
        <button type="button" onClick={connect}>
          {notices.retry}
        </button>
      </Ways>
    </Notice>
  );
}

function SoftwareDevice() {
  const { notices } = t();
  return (
    <Dismissable name="software" kind="warn" title={notices.softwareTitle}>
      <Words text={[notices.software]} />
    </Dismissable>
  );
}

function LinkNotices() {
  const { notices } = t();
  const error = model.linkError.value;
  const dismiss = () => {
    model.linkError.value = null;
  };
  return (
    <>
      {error !== null && (
        <Notice kind="warn" title={notices.badLink}>
          <Words text={[error.message, error.hint]} />
          <Ways>
            <button type="button" onClick={dismiss}>
              {notices.dismiss}
            </button>
          </Ways>
        </Notice>
      )}
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
  if (run === null) return null;
  return (
    <Notice kind="info" title={notices.restoreTitle}>
      <Words text={[notices.restore(run.title, run.step)]} />
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

/** A lost device comes back by itself: this says so, and goes when all is well. */
function DeviceStatus() {
  const { notices } = t();
  const { deviceStatus } = model;
  useEffect(() => {
    if (deviceStatus.value !== "regained") return;
    const timer = setTimeout(() => {
      deviceStatus.value = null;
    }, GOOD_NEWS);
    return () => clearTimeout(timer);
  }, [deviceStatus.value]);
  const status = deviceStatus.value;
  if (status === null) return null;
  return (
    <Notice kind={status === "lost" ? "warn" : "info"} title={notices.titles["device-lost"]}>
      <Words text={[notices[status]]} />
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
function wayOn(code: ErrorCode): { readonly name: string; readonly act: () => unknown } | null {
  const { notices } = t();
  switch (code) {
    case "device-lost":
      return { name: notices.retry, act: recover };
    case "out-of-memory":
    case "limit-exceeded":
      return { name: notices.actions.smaller, act: shrink };
    case "numerics-failed":
      return { name: notices.actions.lastSaved, act: recover };
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
      return { name: notices.reload, act: () => location.reload() };
    default:
      return null;
  }
}

function Failure({ error }: { error: ErrorData }) {
  const { notices } = t();
  const way = wayOn(error.code);
  const dismiss = () => {
    model.failure.value = null;
  };
  return (
    <Notice kind="bad" title={notices.titles[error.code]}>
      <Words text={[notices.ways[error.code], error.message, error.hint]} />
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

function RivalFailure() {
  const { compare, notices } = t();
  const error = model.rivalFailure.value;
  if (error === null) return null;
  const dismiss = () => {
    model.rivalFailure.value = null;
  };
  return (
    <Notice kind="warn" title={compare.rivalFailed}>
      <Words text={[error.message, error.hint]} />
      <Ways>
        <button type="button" onClick={dismiss}>
          {notices.dismiss}
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

/** A notice that stays away once it was read, as long as the page is open. */
function Dismissable({
  name,
  children,
  ...notice
}: {
  name: string;
  kind: Kind;
  title: string;
  children: ComponentChildren;
}) {
  if (model.dismissed.value.includes(name)) return null;
  const dismiss = () => {
    model.dismissed.value = [...model.dismissed.value, name];
  };
  return (
    <Notice {...notice}>
      {children}
      <Ways>
        <button type="button" onClick={dismiss}>
          {t().notices.dismiss}
        </button>
      </Ways>
    </Notice>
  );
}

function Words({ text }: { text: readonly string[] }) {
  return (
    <span class="words">
      {text
        .filter((sentence) => sentence !== "")
        .map(asSentence)
        .join(" ")}
    </span>
  );
}

/** Messages of errors have no full stop. They begin small, and may with the name of a setting, which is not to be changed. */
function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function Ways({ children }: { children: ComponentChildren }) {
  return <span class="ways">{children}</span>;
}
