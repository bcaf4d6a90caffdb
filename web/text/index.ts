/** The words of the page in the language that is chosen. */
import { signal } from "@preact/signals";
import { en, type Strings } from "./en.ts";

export type { Strings } from "./en.ts";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

/** English comes with the page; the others are fetched when they are first chosen. */
const LOADERS: Readonly<Record<Language, () => Promise<Strings>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de,
};

const strings = signal<Strings>(en);
const language = signal<Language>("en");
/** The language that was asked for last: the words of one before may come after its own. */
let latest: Language = "en";

/** The words, e.g. `t().controls.play`. What reads them is drawn anew when the language changes. */
export function t(): Strings {
  return strings.value;
}

/** The language of {@link t}: for numbers and the document's `lang`. */
export function currentLanguage(): Language {
  return language.value;
}

/** Changes the language of the page. Where its file cannot be had, the page stays as it is. */
export async function setLanguage(wanted: Language): Promise<void> {
  latest = wanted;
  const words = await LOADERS[wanted]();
  if (latest !== wanted) return;
  strings.value = words;
  language.value = wanted;
}

/** The language to begin with: the first of those preferred that the page has. */
export function preferredLanguage(preferred: readonly string[]): Language {
  const known = preferred
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => LANGUAGES.includes(tag as Language));
  return (known as Language | undefined) ?? "en";
}
