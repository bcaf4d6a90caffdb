import { decodeJson, encodeJson } from "./json.ts";
import { joinPath, type Storage } from "./storage.ts";

/** What a run folder says of itself beside config, logs and checkpoints. */
export const ABOUT = "about.json";

/** `rl` trains with GRPO under a length budget; `sft` teaches a fresh model to overthink. */
export type RunKind = "rl" | "sft";

export interface About {
  readonly kind: RunKind;
  /** What its owner calls it. */
  readonly title: string;
  /** When it was last written to, in milliseconds since 1970. */
  readonly modified: number;
}

/** What is known of a run: it is one of RL unless it says otherwise, called by its folder, and of an unknown time (0). */
export async function readAbout(storage: Storage, run: string): Promise<About> {
  const file = joinPath(run, ABOUT);
  const known = (await storage.exists(file)) ? decodeJson(await storage.read(file), file) : {};
  const { kind, title, modified } = known;
  return {
    kind: kind === "sft" ? "sft" : "rl",
    title: typeof title === "string" && title !== "" ? title : run,
    modified: typeof modified === "number" ? modified : 0,
  };
}

/** Puts down what is known of a run, in place of what was. */
export async function writeAbout(storage: Storage, run: string, about: Partial<About>): Promise<void> {
  await storage.write(joinPath(run, ABOUT), [encodeJson(about, ABOUT)]);
}
