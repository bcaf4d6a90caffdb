import { expect, test } from "vitest";
import { countWords } from "../../src/tasks/behaviour.ts";
import { createTask } from "../../src/tasks/registry.ts";

test.each(["chain-arithmetic", "countdown"])("%s: behaviour words are counted by token", (name) => {
  const { vocabulary } = createTask(name);
  const tokens = vocabulary.encode("wait so wait 2 + 3 = 5 so alt wait ans 5 <eos> <pad>");
  expect(countWords(vocabulary, tokens)).toEqual({ wait: 3, alt: 1, so: 2 });
  expect(countWords(vocabulary, [])).toEqual({ wait: 0, alt: 0, so: 0 });
});
