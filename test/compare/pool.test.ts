import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ATTEMPTS, type Attempt, runPool } from "../../src/compare/pool.ts";

const DONE: Attempt = { end: "done" };
const CRASHED: Attempt = { end: "crashed", error: "boom" };

/** Runs a pool whose attempts end as `outcome` says; what ended, and how often each was tried. */
async function pool(
  items: readonly string[],
  outcome: (item: string, attempt: number) => Attempt | Promise<Attempt>,
  { jobs = 1, isStopped = () => false }: { jobs?: number; isStopped?: () => boolean } = {},
) {
  const attempts: string[] = [];
  const ended: Record<string, string> = {};
  let running = 0;
  let most = 0;
  await runPool(items, {
    jobs,
    isStopped,
    async run(item, attempt) {
      attempts.push(`${item}${attempt}`);
      running += 1;
      most = Math.max(most, running);
      const result = await outcome(item, attempt);
      running -= 1;
      return result;
    },
    async ended(item, attempt) {
      ended[item] = attempt.end;
    },
  });
  return { attempts, ended, most };
}

describe("a pool", () => {
  test("runs every item once, in order, never more than `jobs` at a time", async () => {
    const scheduled = fc.tuple(fc.array(fc.nat(5), { maxLength: 12 }), fc.integer({ min: 1, max: 4 }));
    await fc.assert(
      fc.asyncProperty(scheduled, async ([waits, jobs]) => {
        const items = waits.map((_, index) => `i${index}-`);
        const wait = async (item: string) => {
          for (let turn = 0; turn < waits[items.indexOf(item)]!; turn++) await Promise.resolve();
          return DONE;
        };
        const { attempts, ended, most } = await pool(items, wait, { jobs });
        expect(attempts).toEqual(items.map((item) => `${item}1`));
        expect(Object.keys(ended).sort()).toEqual([...items].sort());
        expect(most).toBeLessThanOrEqual(jobs);
      }),
    );
  });

  test("tries again what crashed, gives it up at last, and goes on with the others", async () => {
    const outcome = (item: string, attempt: number) =>
      item === "bad" || (item === "shaky" && attempt < ATTEMPTS) ? CRASHED : DONE;
    const { attempts, ended } = await pool(["bad", "shaky", "good"], outcome);
    expect(attempts).toEqual(["bad1", "bad2", "bad3", "shaky1", "shaky2", "shaky3", "good1"]);
    expect(ended).toEqual({ bad: "crashed", shaky: "done", good: "done" });
  });

  test("starts nothing more once it is stopped, and calls nothing done that stopped", async () => {
    let stopped = false;
    const outcome = (item: string): Attempt => {
      stopped = item === "b";
      return stopped ? { end: "stopped" } : DONE;
    };
    const { attempts, ended } = await pool(["a", "b", "c"], outcome, { isStopped: () => stopped });
    expect(attempts).toEqual(["a1", "b1"]);
    expect(ended).toEqual({ a: "done" });
  });
});
