import { expect, test } from "vitest";
import { countInText } from "../../src/tasks/behaviour.ts";
import { createTask } from "../../src/tasks/registry.ts";

test.each(["chain-arithmetic", "countdown"])("%s: behaviour words are counted by token", (name) => {
  const { vocabulary } = createTask(name);
  const tokens = vocabulary.encode("wait so wait 2 + 3 = 5 so alt wait ans 5 <eos> <pad>");
  expect(vocabulary.countWords(tokens)).toEqual({ wait: 3, alt: 1, so: 2 });
  expect(vocabulary.countWords([])).toEqual({ wait: 0, alt: 0, so: 0 });
});

test("in text they are whole words of English, in either case", () => {
  const text = "Wait, so 2 + 2... wait! Alternatively, SO be it. Also: waiting, soon, alternative, so.";
  expect(countInText(text)).toEqual({ wait: 2, alt: 1, so: 3 });
  expect(countInText("")).toEqual({ wait: 0, alt: 0, so: 0 });
});
