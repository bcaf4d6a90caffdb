import { type ChartWords, chartsEn } from "./charts.en.ts";
import { t } from "./index.ts";

/** The words of the charts, for modules that are fetched when they are first looked at: the English ones come with the first of them. */
export function chartWords(): ChartWords {
  return t().charts ?? chartsEn;
}
