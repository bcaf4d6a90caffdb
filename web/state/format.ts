/** Numbers as they are read, in the language of the page. */
import { currentLanguage, t } from "../text/index.ts";

/** A share as per cent; a dash where there is none. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined) return "–";
  return new Intl.NumberFormat(currentLanguage(), { style: "percent", maximumFractionDigits: 0 }).format(
    share,
  );
}

/** A mean length in tokens, to one place. */
export function formatTokens(length: number | null | undefined): string {
  return length === null || length === undefined ? "–" : formatNumber(length, 1);
}

/** @param digits most digits after the point. */
export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: digits }).format(value);
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
