/**
 * HTML or SVG text. Only {@link markup} and {@link verbatim} make it, so whatever else goes into a template is escaped:
 * names, prompts and settings come from files that may hold anything.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text to escape, markup as it is, lists of these; nothing for null and false. */
export type Content = Markup | string | number | null | false | readonly Content[];

/** A template of HTML or SVG. Values stand between tags, or in attributes that have their quotes. */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => (i === 0 ? part : textOf(values[i - 1]!) + part)).join(""));
}

/** Text of our own that is markup already, e.g. a style sheet. Never for data. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}

function textOf(content: Content): string {
  if (content === null || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(textOf).join("");
  return escapeText(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for HTML and XML, between tags and in attributes. Characters that XML cannot hold become U+FFFD. */
export function escapeText(text: string): string {
  return text
    .replace(/(?![\t\n])\p{Cc}|\p{Cs}|\uFFFE|\uFFFF/gu, "\uFFFD")
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
