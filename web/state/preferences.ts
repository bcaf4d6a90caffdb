/** How the page looks: kept in the browser, and put on the document. */
import { effect, signal } from "@preact/signals";
import { currentLanguage, LANGUAGES, type Language, preferredLanguage, setLanguage } from "../text/index.ts";

export const THEMES = ["system", "light", "dark"] as const;

export interface Preferences {
  readonly theme: (typeof THEMES)[number];
  readonly language: Language;
  /** Large type and the two main charts alone. */
  readonly presenter: boolean;
  /** Weight of the past in the curves' running mean, in [0, 1). */
  readonly smoothing: number;
  /** Whether charts draw all shown runs rather than the current one in detail. */
  readonly overlay: boolean;
  /** Milliseconds to rest after each phase. */
  readonly rest: number;
}

const KEY = "bellows.preferences";

const DEFAULTS: Preferences = {
  theme: "system",
  language: "en",
  presenter: false,
  smoothing: 0.8,
  overlay: false,
  rest: 0,
};

export const preferences = signal<Preferences>(DEFAULTS);

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
}

/** Takes what the last visit chose, and keeps storage and document in step from now on. */
export function keepPreferences(): void {
  const language = preferredLanguage(navigator.languages);
  preferences.value = readPreferences(stored(KEY), { ...DEFAULTS, language });
  effect(() => {
    store(KEY, JSON.stringify(preferences.value));
    document.documentElement.dataset.theme = preferences.value.theme;
    document.documentElement.toggleAttribute("data-presenter", preferences.value.presenter);
  });
  effect(() => {
    const wanted = preferences.value.language;
    setLanguage(wanted).catch((error: unknown) => console.warn(`no ${wanted} words:`, error));
  });
  effect(() => {
    document.documentElement.lang = currentLanguage();
  });
}

/** Preferences out of text that may be from another version of the page, or from anyone. */
export function readPreferences(text: string | null, defaults: Preferences): Preferences {
  const { theme, language, presenter, smoothing, overlay, rest } = parseObject(text);
  return {
    theme: THEMES.find((name) => name === theme) ?? defaults.theme,
    language: LANGUAGES.find((name) => name === language) ?? defaults.language,
    presenter: typeof presenter === "boolean" ? presenter : defaults.presenter,
    smoothing: isWithin(smoothing, 0, 0.99) ? smoothing : defaults.smoothing,
    overlay: typeof overlay === "boolean" ? overlay : defaults.overlay,
    rest: isWithin(rest, 0, 10_000) ? rest : defaults.rest,
  };
}

/** What localStorage holds under a key; null where there is none or the browser forbids looking. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps text under a key, or nothing for null. Browsers may forbid it: the page then forgets, and works on. */
export function store(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Private windows and full disks.
  }
}

function parseObject(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && value >= least && value <= most;
}
