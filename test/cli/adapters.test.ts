import { expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const storage = new NodeStorage(bellows.folder);

test("adapters are trained, gone on with, judged, merged, and started from", async () => {
  const lora = ["--set=lora.rank=4", "--set=lora.targets=q,v,down", "--set=lora.merge=on"];
  await bellows.succeed("train", ...TINY_RUN, ...lora, "--steps=4", "--out", "whole");
  await bellows.succeed("train", ...TINY_RUN, ...lora, "--steps=2", "--out", "parted");
  await bellows.succeed("train", "--resume", "parted", "--steps=4");
  for (const file of ["adapter_model.safetensors", "optimizer.safetensors", "adapter_config.json"]) {
    const path = `checkpoints/final/${file}`;
    expect(bellows.read(`parted/${path}`).equals(bellows.read(`whole/${path}`)), file).toBe(true);
  }
  const [base, merged] = await Promise.all(
    ["base", "merged"].map((name) => loadCheckpoint(storage, `whole/checkpoints/${name}`)),
  );
  expect(merged!.config).toEqual(base!.config);
  expect(merged!.parameters).not.toEqual(base!.parameters);

  // The evaluation at the end of the run, once more.
  const logged = bellows.records("whole/metrics.jsonl").at(-1)!;
  const judged = JSON.parse(await bellows.succeed("eval", "whole", "--json"));
  expect(judged["eval/acc"]).toBe(logged["eval/acc"]);
  expect(judged["eval/mean_length"]).toBe(logged["eval/mean_length"]);

  const start = ["--set=init=whole/checkpoints/base", "--set=lora.init=whole/checkpoints/final"];
  const again = JSON.parse(await bellows.succeed("eval", "--json", ...TINY_RUN, ...lora, ...start));
  expect(again["eval/mean_length"]).toEqual(expect.any(Number));
});
