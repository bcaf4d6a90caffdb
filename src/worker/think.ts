import { BellowsError, invalid } from "../errors.ts";
import { Random, STREAM } from "../random.ts";
import type { Trajectory } from "../rl/rollout.ts";
import { drawProblem } from "../tasks/split.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Engine } from "../train/engine.ts";
import { evalPrompt, evalRollout } from "../train/evaluate.ts";
import type { ThinkRequest, Thought } from "./protocol.ts";

/** Most responses to one question. */
const MAX_SAMPLES = 1000;

/** A problem whose answer is known, or a prompt alone. */
export type Question = Problem | Pick<Problem, "prompt">;

/**
 * The question of a request, drawn or read.
 * @throws BellowsError `input-invalid` for what the task cannot be asked.
 */
export function questionOf(task: Task, { problem, samples, temperature }: ThinkRequest): Question {
  if (!Number.isInteger(samples) || samples < 1 || samples > MAX_SAMPLES) {
    throw invalid("input-invalid", "samples", samples, `a whole number from 1 to ${MAX_SAMPLES}`);
  }
  if (!(temperature >= 0 && temperature <= 100)) {
    throw invalid("input-invalid", "temperature", temperature, "a number from 0 to 100");
  }
  if ("level" in problem) {
    return drawProblem(task, problem.level, "eval", new Random(problem.seed, STREAM.showSampling));
  }
  const prompt = task.vocabulary.encode(problem.prompt);
  if (prompt.length >= 1 && prompt.length <= task.maxPromptTokens) return { prompt };
  throw new BellowsError(
    "input-invalid",
    `the prompt has ${prompt.length} words; it must have 1 to ${task.maxPromptTokens}`,
    { field: "prompt" },
  );
}

/**
 * Samples responses to a question. The policy on the GPU stays as it is, to the bit, also where others are asked in its
 * place: they take turns in the same buffer.
 * @param parameters of what is trained, whose policy is asked; null: the one on the GPU.
 */
export async function think(
  engine: Engine,
  question: Question,
  { samples, temperature, seed = engine.config.seed }: ThinkRequest,
  parameters: Float32Array<ArrayBuffer> | null,
): Promise<Thought[]> {
  const { task, config } = engine;
  const sample = () =>
    evalRollout(engine, {
      prompts: [evalPrompt(engine, question.prompt)],
      groupSize: samples,
      cap: config.schedule.lmax,
      temperature,
      seed,
      stream: STREAM.showSampling,
      step: 0,
      otherEnds: task.vocabulary.otherEnds,
      firstId: 0,
    });
  const trajectories = parameters === null ? await sample() : await withWeights(engine, parameters, sample);
  return trajectories.map((trajectory) => thoughtOf(task, question, trajectory));
}

/** Runs `body` with other weights in place, and puts back those that were there. */
async function withWeights<T>(
  { gpu, model }: Engine,
  parameters: Float32Array<ArrayBuffer>,
  body: () => Promise<T>,
): Promise<T> {
  const { trained } = model;
  const kept = model.copyOfTrained("policy in training");
  model.writeTrained(parameters);
  try {
    return await body();
  } finally {
    const encoder = gpu.device.createCommandEncoder({ label: "put weights back" });
    encoder.copyBufferToBuffer(kept.buffer, 0, trained.buffer, 0, trained.size);
    gpu.device.queue.submit([encoder.finish()]);
    gpu.buffers.destroy(kept);
  }
}

function thoughtOf(
  task: Task,
  question: Question,
  { response, logprobs, entropies, ended }: Trajectory,
): Thought {
  const { vocabulary } = task;
  const problem = "answer" in question ? question : null;
  const verdict = problem === null ? null : task.verify(problem, response);
  return {
    prompt: vocabulary.format(question.prompt),
    words: response.map((token) => vocabulary.token(token)),
    logprobs: Array.from(logprobs),
    entropies: Array.from(entropies),
    truncated: !ended,
    answer: problem?.answer ?? null,
    prediction: verdict?.prediction ?? null,
    correct: verdict?.correct ?? null,
  };
}
