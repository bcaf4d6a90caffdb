import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Hideable } from "../state/hash.ts";
import { hidden, panel } from "../state/model.ts";
import { t } from "../text/index.ts";
import { deviceIsKnown } from "./device-known.ts";
import { lazy } from "./lazy.tsx";

type PanelName = Exclude<Hideable, "compare" | "share">;

/** The panels in the order of their tabs; each is fetched when it is first looked at. */
const PANELS: Readonly<Record<PanelName, ComponentType>> = {
  // The tab that is open at first: it waits for what Play needs.
  questions: lazy(async () => {
    await deviceIsKnown;
    return (await import("./presets.tsx")).PresetList;
  }),
  samples: lazy(async () => (await import("./inspector.tsx")).Inspector),
  think: lazy(async () => (await import("./think.tsx")).ThinkPanel),
  schedule: lazy(async () => (await import("./schedule.tsx")).ScheduleEditor),
  settings: lazy(async () => (await import("./settings.tsx")).SettingsForm),
  why: lazy(async () => (await import("./why.tsx")).WhyPanel),
  runs: lazy(async () => (await import("./runs.tsx")).Runs),
};

const NAMES = Object.keys(PANELS) as PanelName[];

/** Whether focus is to follow the choice, as it must where arrow keys made it. */
const followsFocus = signal(false);

/** One panel at a time, chosen by its tab. */
export function Panels() {
  const words = t().panels;
  const names = NAMES.filter((name) => !hidden.value.includes(name));
  const chosen = names.find((name) => name === panel.value) ?? names[0];
  if (chosen === undefined) return null;
  const Panel = PANELS[chosen];
  const move = (event: KeyboardEvent) => {
    const next = neighbour(names, chosen, event.key);
    if (next === undefined) return;
    event.preventDefault();
    followsFocus.value = true;
    panel.value = next;
  };
  return (
    <section class="panels" aria-label={words.label} data-tour="panels">
      <div class="tabs" role="tablist" aria-label={words.label} onKeyDown={move}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            data-tour={name}
            aria-selected={name === chosen}
            aria-controls="tabpanel"
            tabIndex={name === chosen ? 0 : -1}
            ref={(button) => {
              if (name === chosen && followsFocus.peek()) button?.focus();
            }}
            onClick={() => {
              followsFocus.value = false;
              panel.value = name;
            }}
          >
            {words[name]}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a tab panel is reached by Tab (ARIA Authoring Practices, Tabs). */}
      <div class="tabpanel" id="tabpanel" role="tabpanel" aria-labelledby={`tab-${chosen}`} tabIndex={0}>
        <Panel key={chosen} />
      </div>
    </section>
  );
}

/** The tab that an arrow key, Home or End leads to. */
function neighbour(names: readonly PanelName[], chosen: PanelName, key: string): PanelName | undefined {
  const index = names.indexOf(chosen);
  switch (key) {
    case "ArrowRight":
      return names[(index + 1) % names.length];
    case "ArrowLeft":
      return names.at(index - 1);
    case "Home":
      return names[0];
    case "End":
      return names.at(-1);
    default:
      return undefined;
  }
}
