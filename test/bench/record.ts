/**
 * `node dist/record.js RUN > FILE`: makes a recording of a run folder, for browsers without WebGPU: every record, and
 * of the steps that were logged whole one group of each difficulty. What is in web/public/recordings was made by
 *
 *     npx bellows train --set rl.steps=160 --out siri
 *     npx bellows train --set rl.steps=160 --set schedule.kind=constant --out fixed
 *     npx vite build --mode bench
 *     node dist/record.js runs/siri > web/public/recordings/siri.json
 *     node dist/record.js runs/fixed > web/public/recordings/fixed.json
 */
import { placeOf, programArguments, write } from "../../src/host/node-program.ts";
import { readLog, readRunConfig } from "../../src/io/run-folder.ts";
import { parseConfig } from "../../src/train/config.ts";
import type { PhaseRecord, SampleRecord } from "../../src/train/records.ts";
import { recordsOf, samplesOf } from "../../src/worker/log-lines.ts";
import type { Recording } from "../../web/state/recording.ts";

const [path] = programArguments();
if (path === undefined) throw new Error("usage: record RUN");
write(`${JSON.stringify(await recordingOf(path))}\n`);

async function recordingOf(path: string): Promise<Recording> {
  const { storage, path: run } = placeOf(path);
  const config = parseConfig(await readRunConfig(storage, run));
  const records = recordsOf(await readLog(storage, run, "metrics"));
  const samples = samplesOf(await readLog(storage, run, "samples"));
  return shortened({ config, records, samples: phasesOf(samples) });
}

/** The rollouts by step, of each difficulty the group with the lowest number. */
function phasesOf(samples: readonly SampleRecord[]): PhaseRecord[] {
  const steps = [...new Set(samples.map(({ step }) => step))];
  return steps.map((step) => {
    const ofStep = samples.filter((sample) => sample.step === step);
    const levels = [...new Set(ofStep.map(({ level }) => level))].sort((a, b) => a - b);
    const groups = levels.map((level) => ofStep.find((sample) => sample.level === level)!.group);
    const kept = ofStep.filter(({ group }) => groups.includes(group));
    return { type: "phase", step, cap: kept[0]!.cap, done: "score", samples: kept };
  });
}

/** Four digits of each number are more than a chart or a colour shows. */
function shortened<T>(value: T): T {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "number" && !Number.isInteger(part) ? Number(part.toPrecision(4)) : part,
  );
  return JSON.parse(text) as T;
}
