import { t } from "./index.ts";
import { insidesEn } from "./insides.en.ts";

/**
 * The words of panels and dialogs that are fetched when they are first looked at, as {@link t} gives the others. Only such
 * modules may import this one: the English words come with the first of them.
 */
export function inside(): typeof insidesEn {
  return t().insides ?? insidesEn;
}
