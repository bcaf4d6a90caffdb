/** Numbers as they are read, in the language of the page. */
import { currentLanguage, t } from "../text/index.ts";

/** A share as per cent; a dash where there is none. */
export function formatPercent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : formatter("percent", 0).format(share);
}

/** A mean length in tokens, to one place. */
export function formatTokens(length: number | null | undefined): string {
  return length === null || length === undefined ? "–" : formatNumber(length, 1);
}

/** @param digits most digits after the point. */
export function formatNumber(value: number, digits = 0): string {
  return formatter("decimal", digits).format(value);
}

/** Bytes as MB, at least one. */
export function formatMegabytes(bytes: number): string {
  return `${formatNumber(Math.max(1, bytes / 2 ** 20))} MB`;
}

/** A time as people say it: seconds below two minutes, minutes below two hours. */
export function formatDuration(seconds: number): string {
  const { status } = t();
  if (seconds < 120) return status.seconds(Math.round(seconds));
  if (seconds < 7200) return status.minutes(Math.round(seconds / 60));
  return status.hours(Math.round(seconds / 3600));
}

const formatters = new Map<string, Intl.NumberFormat>();

/** To make one takes many times as long as to use it. What rounds to nothing has no sign: never −0. */
function formatter(style: "decimal" | "percent", digits: number): Intl.NumberFormat {
  const language = currentLanguage();
  const key = `${language} ${style} ${digits}`;
  const known =
    formatters.get(key) ??
    new Intl.NumberFormat(language, { style, maximumFractionDigits: digits, signDisplay: "negative" });
  formatters.set(key, known);
  return known;
}
