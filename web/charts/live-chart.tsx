/** The charts over steps, by name. The first two are made to stand below each other: their axes and their cursor are one. */
import { Chart, type ChartProps } from "./chart.tsx";

export type { ChartProps } from "./chart.tsx";
export type { View } from "./figures.ts";

/** Budget, mean length and the share that was cut off (SIRI figures 3 and 4). */
export function LengthChart(props: ChartProps) {
  return <Chart id="length" {...props} />;
}

/** Accuracy per difficulty, and pass@1 with its standard error (SIRI figure 4). */
export function AccuracyChart(props: ChartProps) {
  return <Chart id="accuracy" {...props} />;
}

/** SIRI figure 9. */
export function EntropyChart(props: ChartProps) {
  return <Chart id="entropy" {...props} />;
}

/** Re-checks per response, of right and of wrong ones apart (SIRI figure 6). */
export function WaitChart(props: ChartProps) {
  return <Chart id="wait" {...props} />;
}

/** The loss of a run that teaches. */
export function LossChart(props: ChartProps) {
  return <Chart id="loss" {...props} />;
}
