import { BellowsError, type ErrorData } from "../../src/errors.ts";
import type { Config } from "../../src/train/config.ts";
import { PRESETS, type PresetName } from "../../src/train/presets.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { differences } from "./config-diff.ts";

// The part of the page's address behind `#` holds its settings, so that a link is all a teacher hands out:
//
//   #v=1&preset=smoke&schedule.lmin=30&rl.temperature=0.9&hide=settings,runs
//
// Beside v, preset and hide, each entry is a setting as the command line's `--set path=value` takes it; only those that differ
// from the preset are there.

/** Parts of the page that a link may hide. */
export const HIDEABLE = [
  "questions",
  "schedule",
  "settings",
  "samples",
  "think",
  "why",
  "runs",
  "compare",
  "share",
] as const;
export type Hideable = (typeof HIDEABLE)[number];

/** What a link says. */
export interface Link {
  readonly config: Config;
  readonly hide: readonly Hideable[];
}

export type LinkReading =
  /** `given`: the link names settings, rather than none at all. */
  | { readonly ok: true; readonly link: Link; readonly given: boolean }
  /** The settings cannot be used; `hide` still counts. */
  | { readonly ok: false; readonly error: ErrorData; readonly hide: readonly Hideable[] };

type Entries = readonly (readonly [name: string, value: string])[];

const VERSION = 1;

/**
 * How the entries of a link of each version become those of the next; the first is of version 1. Whoever renames a setting, or
 * changes a preset that links build on, raises VERSION and adds a line, so that links on blackboards keep their meaning.
 */
const UPGRADES: readonly ((entries: Entries) => Entries)[] = [];

/** The hash of a link, without `#`. The preset is the one that leaves least to say. */
export function writeHash({ config, hide }: Link): string {
  const candidates = (Object.keys(PRESETS) as PresetName[]).map((preset) => ({
    preset,
    settings: differences(PRESETS[preset], config),
  }));
  const { preset, settings } = candidates.reduce((best, candidate) =>
    candidate.settings.length < best.settings.length ? candidate : best,
  );
  const entries: Entries = [
    ["v", String(VERSION)],
    ...(preset === "default" ? [] : [["preset", preset] as const]),
    ...settings.map(({ path, to }) => [path, writeValue(to)] as const),
    ...(hide.length === 0 ? [] : [["hide", hide.join(",")] as const]),
  ];
  return entries.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

/** Reads a hash, with or without `#`. Never throws: whatever is wrong with a link is told as an error. */
export function readHash(hash: string): LinkReading {
  const text = hash.replace(/^#/, "");
  let hide: readonly Hideable[] = [];
  try {
    const entries = upgrade(splitEntries(text));
    hide = readHide(entries);
    const preset = entries.find(([name]) => name === "preset")?.[1] ?? "default";
    const settings = entries.filter(([name]) => !["v", "preset", "hide"].includes(name));
    const config = composeConfig({ preset, settings: settings.map(([name, value]) => `${name}=${value}`) });
    return { ok: true, link: { config, hide }, given: settings.length > 0 || preset !== "default" };
  } catch (error) {
    return { ok: false, error: asLinkError(error), hide };
  }
}

function splitEntries(text: string): Entries {
  return text
    .split("&")
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(entry)!;
      return [decode(name), decode(value)] as const;
    });
}

/** Brings entries to today's version. Links without a version were written by hand and are taken as today's. */
function upgrade(entries: Entries): Entries {
  const text = entries.find(([name]) => name === "v")?.[1] ?? String(VERSION);
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1 || version > VERSION) {
    throw new BellowsError("config-invalid", `v is ${text}; this page knows links up to version ${VERSION}`, {
      field: "v",
      hint: "The link was made by a newer page: reload this one.",
    });
  }
  return UPGRADES.slice(version - 1).reduce((older, toNext) => toNext(older), entries);
}

function readHide(entries: Entries): Hideable[] {
  const names = (entries.find(([name]) => name === "hide")?.[1] ?? "").split(",");
  return HIDEABLE.filter((name) => names.includes(name));
}

/** A value as `--set` reads it: text as it is unless it would be read as JSON. */
function writeValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  try {
    JSON.parse(value);
    return JSON.stringify(value);
  } catch {
    return value;
  }
}

/** As encodeURIComponent, with what may stand in a fragment left readable. Halves of a character, which it refuses, are replaced. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(
    /%(2C|3A|2F)/g,
    decodeURIComponent,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BellowsError(
      "config-invalid",
      `the link holds ${JSON.stringify(text.slice(0, 60))}, which is cut off`,
      {
        hint: "Copy the whole link.",
      },
    );
  }
}

function asLinkError(error: unknown): ErrorData {
  if (error instanceof BellowsError) return error.toData();
  return new BellowsError("config-invalid", "the link cannot be read", { hint: String(error) }).toData();
}
