/** The settings in the form: what is wrong with them, what differs from the preset, and changing them. */
import { computed } from "@preact/signals";
import { PRESETS } from "../../src/train/presets.ts";
import { differences, withSetting } from "./config-diff.ts";
import { configError } from "./edit-config.ts";
import { draft } from "./model.ts";

/** What is wrong with the draft; null where it can be run. */
export const draftError = computed(() => configError(draft.value));

/** Paths of the settings that are not those of the default preset. */
export const changedPaths = computed<ReadonlySet<string>>(
  () => new Set(differences(PRESETS.default, draft.value).map(({ path }) => path)),
);

/** Changes one setting, or one group of them, by its path. */
export function editDraft(path: string, value: unknown): void {
  draft.value = withSetting(draft.value, path, value);
}
