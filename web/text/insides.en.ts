/**
 * Words of what is fetched when it is first looked at, in English: groups settings, schedule, inspector, tokens, think, why,
 * comparison, recipes, tour. The explanations of settings stand in the config schema.
 */

import type { ScheduleKind } from "../../src/rl/length-schedule.ts";
import type { PresetName } from "../../src/train/presets.ts";
import type { SettingGroup } from "../panels/settings-form.ts";
import type { Quantity } from "../panels/token-marks.ts";
import type { EvidenceName, Finding, FindingCode } from "../state/finding.ts";
import { recipesEn } from "./recipes.en.ts";
import { settingsEn } from "./settings.en.ts";

export const insidesEn = {
  settings: {
    title: "Settings",
    search: "Find a setting",
    found: (count: number) => (count === 1 ? "1 setting" : `${count} settings`),
    preset: "Preset",
    ownSettings: "own settings",
    /** Explanations of presets, where they are not those of the command line program. */
    presetNotes: {} as Partial<Record<PresetName, string>>,
    groups: {
      run: "Run",
      task: "Task",
      schedule: "Budget L(t)",
      rl: "Reinforcement learning",
      method: "Method",
      eval: "Evaluation",
      train: "Memory and saving",
      model: "Model",
      lora: "Adapters (LoRA)",
      sft: "Pre-training (for runs that teach a model to overthink)",
    } satisfies Record<SettingGroup, string>,
    changed: (count: number) => `${count} changed`,
    limits: (least: string, most: string) => `${least} to ${most}`,
    newRun: "needs a new run",
    isPreset: "preset",
    resetTo: (value: string) => `Back to the preset: ${value}`,
    pending: "Not in effect yet",
    apply: "Apply from the next step",
    restart: "Start a new run with it",
    undo: "Undo",
    needsNewRun: "Seed, start, task, model and method cannot change in mid-run.",
    /** By path, where they are not those of the schema. */
    descriptions: settingsEn,
    units: {} as Readonly<Record<string, string>>,
    /** By name, where they are not those of the task. */
    taskSettings: {} as Readonly<Record<string, string>>,
  },
  schedule: {
    title: "Length budget",
    shape: "Shape",
    kinds: {
      constant: "constant",
      stair: "stair",
      cosine: "cosine",
      "stair-cosine": "stair-cosine",
      staged: "stages",
      staircase: "staircase",
    } satisfies Record<ScheduleKind, string>,
    kindNotes: {
      constant: "The same budget throughout: plain GRPO.",
      stair: "Jumps between Lmin and Lmax every half cycle.",
      cosine: "Swings smoothly between Lmax and Lmin.",
      "stair-cosine": "Smooth ramps, with a rest at either end.",
      staged: "Any list of stages, each with its own budget.",
      staircase: "Only ever falls.",
    } satisfies Record<ScheduleKind, string>,
    curve: "The budget over the steps of the run, with handles",
    keys: "Drag a handle, or reach it with Tab and move it with the arrow keys; Shift moves it by ten.",
    axis: "L(t), tokens",
    now: (step: number, cap: number) => `step ${step}: L = ${cap}`,
    handles: {
      lmax: "Lmax, the largest budget",
      lmin: "Lmin, the smallest budget",
      cycle: "Steps of a cycle",
    },
    stage: (number: number) => `Stage ${number}`,
    stageAt: (step: number, cap: number) => `from step ${step}: ${cap} tokens`,
    tokens: (count: number) => `${count} tokens`,
    steps: (count: number) => `${count} steps`,
    fromStep: "From step",
    budget: "Budget, tokens",
    stageStep: (number: number) => `First step of stage ${number}`,
    stageCap: (number: number) => `Budget of stage ${number}`,
    addStage: "Add a stage",
    removeStage: (number: number) => `Remove stage ${number}`,
  },
  inspector: {
    title: "Responses of the newest rollout",
    empty: "Nothing is sampled yet. Press Play, One step or One phase to see what the model writes.",
    notKept: "This recorded run has kept no responses up to here.",
    step: (step: number, cap: number) => `Step ${step}, budget ${cap} tokens.`,
    unscored: "Just sampled.",
    scored: "Scored.",
    hold: "Hold this rollout",
    follow: "Follow the newest",
    behind: (steps: number) => (steps === 1 ? "1 step ago" : `${steps} steps ago`),
    prompts: "Prompts by difficulty",
    rightOf: (right: number, all: number) => `${right} of ${all} right`,
    deadGroups: (count: number) =>
      count === 1 ? "1 group teaches nothing" : `${count} groups teach nothing`,
    dead: "teaches nothing",
    deadNote:
      "All responses of this group got the same reward, so none is better than the others: every advantage is 0 and nothing is learned from it.",
    answer: (answer: string) => `right: ${answer}`,
    pin: "Pin",
    unpin: "Unpin",
    pinned: "Pinned",
    pinnedNote: (samples: number, every: number) =>
      `Asked every ${every} steps for ${samples} responses, under the largest budget.`,
    columns: { step: "Step", right: "Right", cut: "Cut", length: "Mean length", rechecks: "Re-checks" },
    show: (step: number) => `Show the responses of step ${step}`,
    budget: "As if the budget were",
    ownBudget: (cap: number) => `${cap} tokens, as it was`,
    otherBudget: (cap: number, right: number, before: number, all: number) =>
      `${cap} tokens: ${right} of ${all} right instead of ${before}`,
    response: (number: number) => `Response ${number}`,
    verdicts: { right: "right", wrong: "wrong", cut: "cut off", unknown: "not judged" },
    writing: "thinking…",
    answered: (answer: string) => `answers ${answer}`,
    length: (tokens: number) => `${tokens} tokens`,
    reward: (reward: string) => `reward ${reward}`,
    advantage: (advantage: string) => `advantage ${advantage}`,
  },
  tokens: {
    colour: "Colour",
    quantities: {
      logprob: "log-probability of the token",
      entropy: "entropy of the choice",
      none: "none",
    } satisfies Record<Quantity, string>,
    nats: "nats",
    place: (number: number, of: number, word: string) => `${number} of ${of}: ${word}`,
    probability: (share: string, nats: string) => `probability ${share} (${nats} nats)`,
    entropy: (nats: string) => `entropy ${nats} nats`,
    recheck: "re-check",
    beyond: "beyond the budget",
    end: "end of the response",
    walk: "Click a token, then go from one to the next with the arrow keys.",
  },
  think: {
    title: "Ask the model",
    replaying: "There is no model here to ask: recorded runs hold none. Train one in a browser with WebGPU.",
    from: "Problem",
    own: "my own",
    drawn: (level: string) => `drawn: ${level}`,
    problem: "Type it",
    example: "Another example",
    checkpoint: "Model",
    now: "as it is now",
    temperature: "Temperature",
    samples: "Responses",
    ask: "Think",
    asking: "Thinking…",
    empty: "The model works modulo 100, from left to right: only the last two digits count.",
    faults: {
      empty: (example: string) => `Type a problem, for example ${example}`,
      unknown: (text: string, example: string) =>
        `"${text}" is not something that the model can read. A problem looks like ${example}`,
      long: (words: number, most: number) =>
        `The problem has ${words} words; the model has learned problems of up to ${most}.`,
    },
  },
  why: {
    title: "Why is nothing learning?",
    noRun: "There is no run yet. Press Play: a trial rollout is looked at before the first step.",
    found: (count: number) =>
      count === 1 ? "One thing stands in the way:" : `${count} things stand in the way:`,
    early: (steps: number) =>
      `Nothing stands out so far. Give it ${steps} steps; accuracy under a shrinking budget falls before it rises.`,
    healthy: (steps: number) => `Nothing is wrong: the last ${steps} steps look as those of a healthy run.`,
    severities: {
      stops: "nothing can be learned",
      slows: "little can be learned",
      note: "as it should be",
    } satisfies Record<Finding["severity"], string>,
    sources: { run: "In the last steps:", preflight: "In the trial before the first step:" } satisfies Record<
      Finding["source"],
      string
    >,
    remedies: "Try",
    evidence: {
      accuracy: "right answers",
      accuracyBefore: "right answers before",
      truncated: "cut-off responses",
      deadGroups: "groups that teach nothing",
      allRight: "groups all right",
      allWrong: "groups all wrong",
      pairs: "pairs per step",
      longest: "longest response (tokens)",
      budget: "budget (tokens)",
      skipped: "skipped steps",
      gradientNorm: "gradient norm",
      learningRate: "learning rate",
      entropy: "entropy (nats)",
      clipped: "tokens at the clip",
      penalty: "KL penalty per token",
      mismatch: "largest difference (nats)",
    } satisfies Record<EvidenceName, string>,
    findings: {
      "never-right": {
        title: "No answer is ever right",
        meaning:
          "GRPO makes better responses likelier. Where all are wrong, none is better, and there is no direction to learn in.",
      },
      "always-right": {
        title: "Nearly every answer is right",
        meaning:
          "Where all responses are right, none is better than the others. The problems are too easy by now.",
      },
      "cut-off": {
        title: "Most responses are cut off",
        meaning:
          "A response that runs past the budget counts as wrong, whatever it had found out. The budget is too tight.",
      },
      "no-pressure": {
        title: "The budget never bites",
        meaning:
          "Every response is shorter than the smallest budget, so nothing makes the model think shorter.",
      },
      "dead-groups": {
        title: "Most groups teach nothing",
        meaning:
          "In a group that is all right or all wrong, every advantage is 0. Only groups that mix both are learned from.",
      },
      "no-pairs": {
        title: "There is hardly a pair to learn from",
        meaning:
          "This method compares two responses to the same problem. Where all are right, all wrong or all alike, it finds none.",
      },
      "skipped-steps": {
        title: "Steps are skipped",
        meaning:
          "Their gradient was not a finite number, so the weights were left alone. Smaller steps usually help.",
      },
      "gradient-large": {
        title: "The gradient is very large",
        meaning:
          "A few tokens pull much harder than the rest. Clipping the gradient and smaller steps keep the policy in one piece.",
      },
      "gradient-none": {
        title: "There is next to no gradient",
        meaning:
          "Rewards differ, but nearly nothing comes of it: cut responses may be masked out of the loss, or advantages may be tiny.",
      },
      "rate-small": {
        title: "The learning rate is very small",
        meaning: "The direction may be right, but each step is too short to be seen.",
      },
      collapsed: {
        title: "It had learned more already",
        meaning: "Right answers have fallen to less than half of the best. The steps are probably too large.",
      },
      "entropy-low": {
        title: "All responses are alike",
        meaning:
          "The entropy is close to 0: the model no longer tries anything else, so it cannot find anything better.",
      },
      "entropy-high": {
        title: "The model babbles",
        meaning:
          "The entropy is high: tokens are drawn nearly at random. The policy has come apart, or is sampled too hot.",
      },
      "clipped-updates": {
        title: "Most of the update is clipped away",
        meaning:
          "The policy has moved far from the one that sampled. Fewer updates per rollout, or smaller ones, use more of it.",
      },
      "held-back": {
        title: "The KL penalty holds it back",
        meaning: "Staying near the starting policy is worth about as much as being right.",
      },
      mismatch: {
        title: "Sampler and trainer disagree",
        meaning:
          "They do the same arithmetic and should agree to the last bit. This is a fault of the device or of bellows: please report it.",
      },
      compressing: {
        title: "Right answers fall while the budget shrinks",
        meaning:
          "That is the compression phase: the model is learning which checks it can do without. They return as the budget grows.",
      },
    } satisfies Record<FindingCode, { title: string; meaning: string }>,
    lossTitle: "Why is the loss close to 0?",
    lossNote:
      "That is normal. With one update per rollout the ratio is exactly 1, and the advantages of a group add up to 0. The loss is there for its gradient; look at right answers and length instead.",
  },
  comparison: {
    open: "Open a comparison (curves.jsonl)",
    published: "Recorded runs of every method",
    title: (runs: number) => (runs === 1 ? "A comparison with 1 run" : `A comparison with ${runs} runs`),
    note: (room: number) => `Replay a run step by step, or choose up to ${room} to draw over each other.`,
    draw: "Draw the chosen runs",
    choose: (run: string) => `Choose ${run}`,
    run: (entry: string, seed: number) => `${entry}, seed ${seed}`,
    result: (steps: number, accuracy: string, length: string) =>
      `${steps} steps: ${accuracy} right, ${length} tokens`,
    replay: "Replay",
    replayOf: (run: string) => `Replay ${run}`,
    /** In the list of runs. */
    recorded: "recorded",
    takeOff: "Take off",
  },
  recipes: recipesEn,
  tour: {
    next: "Next",
    back: "Back",
    end: "Finish",
    leave: "Leave",
    keys: "Space continues, ← goes back, Escape leaves.",
    place: (number: number, of: number) => `${number} of ${of}`,
    stops: {
      controls: {
        title: "Train",
        text: "Play trains the model in this tab. Step by step or phase by phase you can watch what one update is made of.",
      },
      length: {
        title: "How long it thinks",
        text: "The mean length of a response, with the budget L as a line of steps. What runs past it is cut off, and counts as wrong.",
      },
      accuracy: {
        title: "How often it is right",
        text: "Right answers by difficulty, and the evaluation on problems that training never sees.",
      },
      trail: {
        title: "Both at once",
        text: "Each evaluation as a point. Up is better, left is shorter: breathing moves the model up and to the left, cycle by cycle.",
      },
      questions: {
        title: "Ask a question",
        text: "Experiments, each with what to watch for. Say first what you expect.",
      },
      schedule: {
        title: "Shape the budget",
        text: "Drag the handles. In mid-run the new budget holds from the next step on, and leaves a mark on the charts.",
      },
      samples: {
        title: "Read what it writes",
        text: "All responses to one prompt, side by side. Colours show where the model was unsure; re-checks are marked.",
      },
      think: {
        title: "Ask it yourself",
        text: "Type a problem of your own and watch the model think, at any checkpoint.",
      },
      why: {
        title: "If nothing happens",
        text: "Says what stands in the way of learning, in numbers, and what to change.",
      },
      compare: {
        title: "Is breathing worth it?",
        text: "Two runs with the same seed, one with a fixed budget, drawn over each other.",
      },
      share: {
        title: "Hand it on",
        text: "A link or QR code holds all settings, for a class or for yourself.",
      },
    },
  },
};
