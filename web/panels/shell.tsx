/** The page: header, notices, controls, charts and panels. */
import { signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { importFiles } from "../state/library.ts";
import * as model from "../state/model.ts";
import { type Preferences, prefer, preferences, THEMES } from "../state/preferences.ts";
import { attempt, totalSteps } from "../state/session.ts";
import { LANGUAGES, type Language, t } from "../text/index.ts";
import { Charts } from "./chart-view.tsx";
import { Controls } from "./controls.tsx";
import { Device } from "./device.tsx";
import { isHelpOpen, withKey } from "./keyboard.ts";
import { lazy } from "./lazy.tsx";
import { Notices } from "./notices.tsx";
import { Panels } from "./tabs.tsx";

const Help = lazy(async () => (await import("./help.tsx")).default);
const Share = lazy(async () => (await import("./share.tsx")).default);
const ComparisonDialog = lazy(async () => (await import("./comparison.tsx")).ComparisonDialog);

const Tour = lazy(async () => (await import("./tour.tsx")).Tour);

const isShareOpen = signal(false);
const isTourWanted = signal(false);

async function openTour(): Promise<void> {
  await attempt(async () => {
    const { isTourOpen } = await import("./tour.tsx");
    isTourOpen.value = true;
    isTourWanted.value = true;
  });
}

export function Shell() {
  const { app } = t();
  useDrop();
  useSignalEffect(() => {
    const { title, claim } = t().app;
    const isRunning = model.state.value === "running" && !model.replaying.value;
    document.title = isRunning ? `${model.step.value} / ${totalSteps()} ${title}` : `${title}: ${claim}`;
  });
  return (
    <div class="page">
      <button type="button" class="skip" onClick={() => document.getElementById("controls")?.focus()}>
        {app.skip}
      </button>
      <Header />
      <main>
        <p class="about">
          <strong>{app.claim}.</strong> <span>{app.about}</span>
        </p>
        <Notices />
        <Controls />
        <div class="main">
          <Charts />
          <Panels />
        </div>
      </main>
      <footer class="footer">
        <Device />
        <span>{t().help.privacy}</span>
      </footer>
      <LiveRegion />
      {isTourWanted.value && <Tour />}
      {isHelpOpen.value && <Help onClose={() => (isHelpOpen.value = false)} />}
      {model.curves.value !== null && <ComparisonDialog />}
      {isShareOpen.value && <Share onClose={() => (isShareOpen.value = false)} />}
    </div>
  );
}

function Header() {
  const { app } = t();
  return (
    <header class="header">
      <h1>
        <img src="icons/icon.svg" alt="" width={28} height={28} />
        {app.title}
      </h1>
      <button type="button" class="menu" popovertarget="tools">
        {app.menu}
      </button>
      <Tools />
    </header>
  );
}

/** What a button of the tools does beside its own: it closes them where they are a popover. */
const CLOSING = { popovertarget: "tools", popovertargetaction: "hide" } as const;

/** They stand in the header; on a narrow screen they are a popover, which the menu button opens. */
function Tools() {
  const { help, share, look } = t();
  const { presenter } = preferences.value;
  return (
    <div class="tools" id="tools" popover="auto">
      {!model.hidden.value.includes("share") && (
        <button type="button" {...CLOSING} data-tour="share" onClick={() => (isShareOpen.value = true)}>
          {share.button}
        </button>
      )}
      <button type="button" {...CLOSING} onClick={openTour}>
        {help.tour}
      </button>
      <button
        type="button"
        {...CLOSING}
        class="presenter"
        aria-pressed={presenter}
        onClick={() => prefer({ presenter: !presenter })}
      >
        {look.presenter}
      </button>
      <ThemeChoice />
      <LanguageChoice />
      <button
        type="button"
        {...CLOSING}
        title={withKey(help.title, "?")}
        onClick={() => (isHelpOpen.value = true)}
      >
        {help.button}
      </button>
    </div>
  );
}

function ThemeChoice() {
  const { look } = t();
  return (
    <select
      aria-label={look.theme}
      value={preferences.value.theme}
      onChange={({ currentTarget }) => prefer({ theme: currentTarget.value as Preferences["theme"] })}
    >
      {THEMES.map((theme) => (
        <option key={theme} value={theme}>
          {look.theme}: {look.themes[theme]}
        </option>
      ))}
    </select>
  );
}

function LanguageChoice() {
  const { look } = t();
  return (
    <select
      aria-label={look.language}
      value={preferences.value.language}
      onChange={({ currentTarget }) => prefer({ language: currentTarget.value as Language })}
    >
      {LANGUAGES.map((language) => (
        <option key={language} value={language} lang={language}>
          {look.languages[language]}
        </option>
      ))}
    </select>
  );
}

/** What happens, for those who hear the page. */
function LiveRegion() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {model.announcement.value}
    </div>
  );
}

/** Files to be imported may be dropped anywhere. */
function useDrop(): void {
  const depth = useSignal(0);
  useEffect(() => {
    const { body } = document;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const show = (change: number) => {
      depth.value = Math.max(0, depth.value + change);
      body.classList.toggle("dropping", depth.value > 0);
    };
    const listeners = {
      dragenter: (event: DragEvent) => hasFiles(event) && show(1),
      dragleave: (event: DragEvent) => hasFiles(event) && show(-1),
      dragover: (event: DragEvent) => hasFiles(event) && event.preventDefault(),
      drop: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        show(-depth.value);
        model.panel.value = "runs";
        return importFiles([...(event.dataTransfer?.files ?? [])]);
      },
    };
    const entries = Object.entries(listeners) as [keyof typeof listeners, (event: DragEvent) => unknown][];
    for (const [type, listener] of entries) body.addEventListener(type, listener);
    return () => {
      for (const [type, listener] of entries) body.removeEventListener(type, listener);
    };
  }, []);
}
