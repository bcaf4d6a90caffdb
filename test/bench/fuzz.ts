/**
 * `node dist/fuzz.js [COUNT] [FIRST]` (after `npx vite build --mode bench`): reads COUNT damaged checkpoints (100 000 by default) and
 * ends with the first that is neither read nor refused in words, by its number. `npm run check` tries the first 600.
 */
import { exit, print, programArguments } from "../../src/host/node-program.ts";
import { tryHostileCheckpoint } from "../support/hostile-checkpoint.ts";

const [count = 100_000, first = 0] = programArguments().map(Number);
const outcomes = { read: 0, refused: 0 };
const begin = performance.now();
for (let number = first; number < first + count; number++) {
  try {
    outcomes[await tryHostileCheckpoint(number)] += 1;
  } catch (error) {
    print(`checkpoint ${number}: ${(error as Error).stack}`);
    exit(1);
  }
  if ((number - first + 1) % 10_000 === 0)
    print(`${number - first + 1} of ${count}: ${JSON.stringify(outcomes)}`);
}
print(`${count} in ${((performance.now() - begin) / 1000).toFixed(0)} s: ${JSON.stringify(outcomes)}`);
