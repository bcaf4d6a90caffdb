import { afterEach, describe, expect, test, vi } from "vitest";
import { bar, formatBytes, formatDuration, LiveLine, plural, table } from "../../src/cli/terminal.ts";

afterEach(() => vi.restoreAllMocks());

/** Pretends that standard output is a terminal of so many columns, or none, and collects what is written to it. */
function fakeOutput(columns: number | undefined): () => string {
  const { isTTY, columns: real } = process.stdout;
  Object.assign(process.stdout, { isTTY: columns !== undefined, columns });
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  return () => {
    Object.assign(process.stdout, { isTTY, columns: real });
    return write.mock.calls.map(([text]) => text).join("");
  };
}

describe("a live line", () => {
  test("is rewritten in place on a terminal, cut to its width, and gives way to lines that stay", () => {
    const written = fakeOutput(8);
    const line = new LiveLine();
    line.update("one");
    line.update("a line of many words");
    line.print("stays");
    line.clear();
    expect(written()).toBe("\r\x1b[2Kone\r\x1b[2Ka line \r\x1b[2Kstays\n");
  });

  test("is every n-th of its texts elsewhere, and the last", () => {
    const written = fakeOutput(undefined);
    const line = new LiveLine(3);
    for (let n = 1; n <= 8; n++) line.update(`text ${n}`, n === 8);
    line.print("stays");
    line.clear();
    expect(written()).toBe("text 3\ntext 6\ntext 8\nstays\n");
  });

  test("is nothing elsewhere where only a terminal should show it", () => {
    const written = fakeOutput(undefined);
    new LiveLine(Number.POSITIVE_INFINITY).update("compiling");
    expect(written()).toBe("");
  });
});

test.each([
  [formatDuration(59.6), "1:00"],
  [formatDuration(3725), "1:02:05"],
  [formatDuration(Number.NaN), "?"],
  [formatBytes(10 * 2 ** 10), "10 KiB"],
  [formatBytes(1.5 * 2 ** 20), "1.5 MiB"],
  [formatBytes(3 * 2 ** 30), "3.00 GiB"],
  [plural(1, "step"), "1 step"],
  [plural(2, "step"), "2 steps"],
  [bar(0.5, 4), "██░░"],
  [bar(7, 2), "██"],
])("people read %s", (shown, right) => expect(shown).toBe(right));

test("a table has its first column to the left and the others to the right", () => {
  const rows = [
    ["level", "right"],
    ["all of them", "1"],
  ];
  expect(table(rows)).toBe("level        right\nall of them      1");
});
