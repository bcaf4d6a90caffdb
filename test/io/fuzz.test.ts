import { expect, test } from "vitest";
import { tryHostileCheckpoint } from "../support/hostile-checkpoint.ts";

// `node dist/fuzz.js` (test/bench/fuzz.ts) tries any number of them.
const COUNT = 600;

test(`${COUNT} damaged checkpoints are read or refused, never anything else`, {
  timeout: 60_000,
}, async () => {
  const outcomes = { read: 0, refused: 0 };
  for (let number = 0; number < COUNT; number++) {
    const outcome = await tryHostileCheckpoint(number).catch((cause) => {
      throw new Error(`checkpoint ${number}: ${cause.message}`, { cause });
    });
    outcomes[outcome] += 1;
  }
  // Some must be sound still, or nothing behind the first check would be tried.
  expect(outcomes.read).toBeGreaterThan(COUNT / 10);
  expect(outcomes.refused).toBeGreaterThan(COUNT / 3);
});
