/** The page's keyboard map. */
import { signal } from "@preact/signals";
import { play, reset, save, togglePlay } from "../state/actions.ts";
import { prefer, preferences } from "../state/preferences.ts";
import { type Strings, t } from "../text/index.ts";

export const isHelpOpen = signal(false);

interface Shortcut {
  readonly key: string;
  /** As it is written on a key. */
  readonly label: (words: Strings) => string;
  readonly does: (words: Strings) => string;
  readonly act: () => unknown;
}

/** Every key and what it does: the help is made of it. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    key: " ",
    label: (words) => words.help.space,
    does: ({ controls }) => `${controls.play} / ${controls.pause}`,
    act: togglePlay,
  },
  { key: ".", label: () => ".", does: ({ controls }) => controls.step, act: () => play("step") },
  { key: ",", label: () => ",", does: ({ controls }) => controls.phase, act: () => play("phase") },
  { key: "r", label: () => "r", does: ({ controls }) => controls.reset, act: reset },
  { key: "s", label: () => "s", does: ({ controls }) => controls.save, act: save },
  {
    key: "p",
    label: () => "p",
    does: ({ look }) => look.presenter,
    act: () => prefer({ presenter: !preferences.value.presenter }),
  },
  {
    key: "?",
    label: () => "?",
    does: ({ help }) => help.open,
    act: () => {
      isHelpOpen.value = true;
    },
  },
];

/** Acts on keys, but where they belong to the element that has the focus, or a dialog is open. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    const shortcut = SHORTCUTS.find(({ key }) => key === event.key);
    if (shortcut === undefined || isTaken(event.target, event.key)) return;
    event.preventDefault();
    shortcut.act();
  });
}

/** Whether an element has a use of its own for a key. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.closest(
      "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]",
    )
  ) {
    return true;
  }
  return key === " " && target.closest("button, a, summary, input, [role]:not(main, region)") !== null;
}

/** The key of an action, for tooltips: `One step (.)`. */
export function withKey(text: string, key: string): string {
  const label = SHORTCUTS.find((shortcut) => shortcut.key === key)?.label(t()) ?? key;
  return `${text} (${label})`;
}
