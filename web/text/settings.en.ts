/** What the config schema says of each setting. Everywhere else the page has the schema without that (web/slim-settings.ts). */
import { SETTINGS } from "../../src/train/config-schema.ts?described";

export const settingsEn: Readonly<Record<string, string>> = Object.fromEntries(
  SETTINGS.map(({ path, description }) => [path, description]),
);
