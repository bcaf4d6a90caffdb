import { print, terminalColumns } from "../host/node-program.ts";
import { capAt, phaseAt } from "../rl/length-schedule.ts";
import { type ConfigFlags, sourcesFromFlags } from "./flags.ts";
import { prepare } from "./prepare.ts";
import { plural } from "./terminal.ts";

const ROWS = 12;
/** Columns beside the plot, and the fewest that it is drawn in. */
const MARGIN = 8;
const LEAST_COLUMNS = 20;

/** `bellows schedule`: prints or plots L(t). With `json`, one array of integer caps, step 0 first. */
export async function runSchedule(flags: ConfigFlags & { readonly json?: boolean }): Promise<number> {
  const { config } = await prepare(sourcesFromFlags(flags, "rl.steps"), { withoutProblems: true });
  const { schedule, rl } = config;
  const caps = Array.from({ length: rl.steps }, (_, step) => capAt(schedule, step));
  if (flags.json) {
    print(JSON.stringify(caps));
    return 0;
  }
  const mean = caps.reduce((sum, cap) => sum + cap, 0) / caps.length;
  const [least, most] = [Math.min, Math.max].map((pick) => caps.reduce((best, cap) => pick(best, cap)));
  print(
    `${schedule.kind}: ${plural(rl.steps, "step")}, budget ${least} to ${most} tokens, mean ${mean.toFixed(1)}`,
  );
  print(plot(caps, Math.max(LEAST_COLUMNS, (terminalColumns() ?? 100) - MARGIN)));
  print("step  cap  phase");
  const isSmooth = schedule.kind === "cosine" || schedule.kind === "stair-cosine";
  for (let step = 0; step < caps.length; step++) {
    const { phase } = phaseAt(schedule, step);
    const samePhase = step > 0 && phase === phaseAt(schedule, step - 1).phase;
    if (samePhase && (isSmooth || caps[step] === caps[step - 1])) continue;
    print(`${String(step).padStart(4)} ${String(caps[step]).padStart(4)}  ${phase}`);
  }
  return 0;
}

/** Caps as columns of blocks over an axis of tokens. */
function plot(caps: readonly number[], columns: number): string {
  const width = Math.min(columns, caps.length);
  const heights = Array.from({ length: width }, (_, x) => caps[Math.floor((x * caps.length) / width)]!);
  const top = Math.max(...heights);
  const lines: string[] = [];
  for (let row = ROWS; row >= 1; row--) {
    const level = (top * row) / ROWS;
    const half = top / ROWS / 2;
    const cells = heights.map((height) => (height >= level ? "█" : height >= level - half ? "▄" : " "));
    lines.push(`${String(Math.round(level)).padStart(5)} ┤${cells.join("")}`);
  }
  lines.push(`      └${"─".repeat(width)}`);
  return lines.join("\n");
}
