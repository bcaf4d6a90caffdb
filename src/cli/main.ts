#!/usr/bin/env node
import { type Command, cac } from "cac";
import { version } from "../../package.json";
import { BellowsError } from "../errors.ts";
import { complain, exit, outputWritten, programArguments, watchOutput } from "../host/node-program.ts";
import { runCompare } from "./compare.ts";
import { NO_ADAPTER_STATUS, runDoctor } from "./doctor.ts";
import { runEval } from "./eval.ts";
import { runExport } from "./export.ts";
import { addConfigFlags, addRunFlags, readFlags } from "./flags.ts";
import { runImport } from "./import.ts";
import { runSample } from "./sample.ts";
import { runSchedule } from "./schedule.ts";
import { runSft } from "./sft.ts";
import { runTrain } from "./train.ts";

const VARIANTS =
  "Kernel variants: auto (measured once on this device), off (no measuring), or e.g. matmul=register,attention=direct";

/** What starts bellows, on each of its hosts. */
const HOSTS = {
  title: "How to start it",
  body: `  Node     npx bellows <command>
  Deno     deno run -A dist/bellows.js <command>
  browser  npm run dev, for the same trainer as a page`,
};

/** Runs the program and returns its exit status. */
async function main(args: readonly string[]): Promise<number> {
  const cli = cac("bellows");
  const run = (command: Command, action: (...parameters: never[]) => number | Promise<number>) =>
    command.action((...parameters: unknown[]) => {
      const flags = readFlags(parameters.pop() as Record<string, unknown>);
      return action(...([...parameters, flags] as never[]));
    });
  const json = (command: Command, what: string) => command.option("--json", what);

  const train = cli.command("train", "Train a reasoner with GRPO under a length budget that breathes");
  addRunFlags(addConfigFlags(train, "rl.steps"))
    .option("--no-preflight", "Skip the trial rollout that predicts the run")
    .option("--variants <choice>", VARIANTS);
  run(json(train, "Print one JSON record a line and nothing else"), runTrain);

  const sft = cli.command("sft", "Teach a fresh model the teacher's traces: makes what train starts from");
  addRunFlags(addConfigFlags(sft, "sft.steps")).option("--variants <choice>", VARIANTS);
  run(json(sft, "Print one JSON record a line and nothing else"), runSft);

  const evaluate = cli.command(
    "eval [checkpoint]",
    "Measure accuracy and length per difficulty (default: the bundled pre-rl)",
  );
  addConfigFlags(evaluate, null).option("--variants <choice>", VARIANTS);
  run(json(evaluate, "Print the result as JSON"), runEval);

  const sample = cli.command(
    "sample [checkpoint]",
    "Print reasoning traces (default: of the bundled pre-rl)",
  );
  addConfigFlags(sample, null)
    .option("--count <n>", "Problems (default: 4)")
    .option("--samples <n>", "Responses to each (default: 1)")
    .option("--level <n>", "Difficulty from 1; all in turn if left out")
    .option("--temperature <t>", "The same as --set eval.temperature=<t>; 0 is greedy")
    .option("--prompt <text>", 'Your own problem in the task\'s words, e.g. "4 8 a * 8 b - 4 >"')
    .option("--variants <choice>", VARIANTS);
  run(json(sample, "Print one JSON record a line"), runSample);

  const published = cli.command(
    "import <folder>",
    "Look at a published Qwen2 or Llama model: what it is, and whether this device can sample and train it",
  );
  addConfigFlags(published, null).option(
    "--out <folder>",
    "Also copy it as a checkpoint of bellows, in 32 bits; train, sample and eval take the published folder itself",
  );
  run(json(published, "Print what was found as JSON"), runImport);

  const compare = cli
    .command(
      "compare [matrix]",
      "Compare recipes over seeds: trains and measures every cell of a matrix file, and reports (also: sweep)",
    )
    .option("--out <folder>", "Comparison to make or to go on with; comparisons/<name> if left out")
    .option("--resume <folder>", "Go on with a comparison, by the matrix in its own folder")
    .option(
      "--engine <name>",
      "local: cells run on this machine (default); ray: on a Ray cluster (docs/ray.md)",
    )
    .option("--jobs <n>", "Cells side by side (default: 1; on Ray all that it has room for)")
    .option("--cpus <n>", "On Ray: CPUs for each cell (default: 1); a software driver takes as many threads")
    .option("--gpus <n>", "On Ray: GPUs for each cell, or a share of one, e.g. 0.25 (default: 0)")
    .option("--resources <json>", `On Ray: others of its resources for each cell, e.g. '{"lab": 1}'`)
    .option("--shared", "On Ray: all nodes see the comparison's folder, under the same path")
    .option(
      "--program <file>",
      "On Ray: dist/bellows.js as it is on every node; it is taken there if left out",
    )
    .option("--cell <name>", "With --resume: run this one cell and gather nothing")
    .alias("sweep");
  run(json(compare, "Print one JSON record a line and nothing else"), runCompare);

  const exporting = cli
    .command(
      "export [run]",
      "Write a run as a folder that TRL or verl trains: model, problems, reward, schedule",
    )
    .option("--to <trainer>", "trl or verl")
    .option("--out <folder>", "Folder to make; <run>-trl or <run>-verl if left out");
  run(addConfigFlags(exporting, "rl.steps"), runExport);

  const schedule = cli.command("schedule", "Plot the budget L(t), or print it");
  addConfigFlags(schedule, "rl.steps");
  run(json(schedule, "Print one JSON array of integer caps, step 0 first"), runSchedule);

  const doctor = cli.command("doctor", "Tell what the GPU can do and what that means here");
  run(json(doctor, "Print the report as JSON"), ({ json = false }: { json?: boolean }) =>
    runDoctor({ json }),
  );

  cli.help((sections) => {
    if (cli.matchedCommand === undefined) sections.push(HOSTS);
    for (const section of sections) section.body = section.body.replace(/ (\(default: true\))?$/gm, "");
  });
  cli.version(version);
  cli.parse(["node", "bellows", ...args], { run: false });
  if (cli.options.help || cli.options.version) return 0;
  if (cli.matchedCommand === undefined) {
    if (args.length > 0) throw noCommand(cli.args[0], cli.commands);
    cli.outputHelp();
    return 0;
  }
  return cli.runMatchedCommand();
}

function noCommand(name: string | undefined, commands: readonly Command[]): BellowsError {
  const right = `one of ${commands.map((command) => command.name).join(", ")}`;
  const message =
    name === undefined ? `a command is missing; it must be ${right}` : `there is no command ${name}`;
  return new BellowsError("input-invalid", message, {
    hint: name === undefined ? "See bellows --help." : `It must be ${right}; see bellows --help.`,
  });
}

/** An error as one or two lines; the stack only of what should not have happened. */
function explain(error: unknown): number {
  if (error instanceof BellowsError) {
    complain(`bellows: ${error.message}`);
    if (error.hint !== "") complain(error.hint);
    return error.code === "adapter-unavailable" || error.code === "webgpu-unavailable"
      ? NO_ADAPTER_STATUS
      : 1;
  }
  if (error instanceof Error && error.name === "CACError") {
    complain(`bellows: ${error.message}; see bellows --help`);
    return 1;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

watchOutput();
// Dawn keeps the process alive, so it must be ended.
const status = await main(programArguments()).catch(explain);
await outputWritten();
exit(status);
