/**
 * The words of the page in English, but for those of what is fetched later (insides.en.ts, charts.en.ts). Another language is a file of the same shape; text/index.ts loads it when it is chosen.
 * Words with a number or name in them are functions, so that each language orders them in its own way.
 */
import type { ErrorCode } from "../../src/errors.ts";
import type { BrowserAdvice } from "../../src/host/browser-advice.ts";
import type { Phase } from "../../src/rl/length-schedule.ts";
import type { QuestionName } from "../panels/questions.ts";
import type { ChartWords } from "./charts.en.ts";
import type { insidesEn } from "./insides.en.ts";

export const en = {
  app: {
    title: "bellows",
    claim: "Teach a small language model to reason in fewer tokens",
    /** Goes on from the claim. */
    about:
      "It checks itself far too often; under a budget that breathes it learns to be brief and still be right.",
    menu: "Menu",
    skip: "Skip to the controls",
    source: "Source code",
    loading: "Loading…",
    close: "Close",
    cancel: "Cancel",
    done: "Done",
  },
  controls: {
    label: "Training",
    play: "Play",
    pause: "Pause",
    step: "One step",
    stepNote: "a rollout, its scores and the update",
    skipTrial: "Skip the trial",
    phase: "One phase",
    phaseNote: "the rollout, its scores, or the update alone",
    reset: "Reset, same seed",
    resetNote: "the same run again from its first step",
    newSeed: "Reset, new seed",
    newSeedNote: "the same settings with other random numbers",
    save: "Save now",
    speed: "Speed",
    speeds: { full: "full", calm: "calm", slow: "slow", verySlow: "slow motion" },
    keys: "Keys",
    replay: "Replay",
  },
  status: {
    step: "Step",
    of: (step: number, steps: number) => `${step} of ${steps}`,
    budget: "Budget L",
    perSecond: (rate: string) => `${rate} steps/s`,
    left: "Time left",
    saved: "Saved",
    savedAt: (step: number) => `at step ${step}`,
    notSaved: "not yet",
    accuracy: "Right answers",
    length: "Mean length",
    phases: { compress: "compress", hold: "hold", expand: "expand" } satisfies Record<Phase, string>,
    states: {
      connecting: "Asking for the GPU…",
      none: "Ready. Press Play.",
      preparing: "Preparing",
      paused: "Paused",
      running: "Training",
      finished: "Finished",
      replaying: "Replaying a recorded run",
    },
    compiling: (done: number, total: number, label: string) =>
      `Compiling kernel ${done} of ${total} (${label}), once per browser`,
    memory: (megabytes: string, parameters: string) => `${megabytes} of GPU memory, ${parameters} parameters`,
    trial: (done: number, total: number) => `A trial rollout tells what to expect: part ${done} of ${total}.`,
    preparing: "The run is being made ready…",
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} min`,
    hours: (count: number) => `${count} h`,
    hiddenTab: (steps: number) => `Training went on while this tab was hidden: ${steps} steps.`,
  },
  milestones: {
    started: (steps: number) => `Training started: ${steps} steps.`,
    paused: (step: number) => `Paused at step ${step}.`,
    finished: (step: number) => `Finished after ${step} steps.`,
    progress: (step: number, accuracy: string, length: string) =>
      `Step ${step}: ${accuracy} right, ${length} tokens a response.`,
    evaluated: (step: number, accuracy: string, length: string) =>
      `Evaluated at step ${step}: ${accuracy} right, ${length} tokens a response.`,
    cycle: (cycle: number) => `Cycle ${cycle} is done.`,
  },
  view: {
    label: "Charts",
    smoothing: "Smoothing",
    overlay: "What is drawn",
    live: "This run",
    each: "All runs",
    more: "More charts",
  },
  panels: {
    label: "Look inside and change",
    questions: "Questions",
    schedule: "Budget",
    settings: "Settings",
    samples: "Responses",
    think: "Ask it",
    why: "Why?",
    runs: "Runs",
    failed: "This part of the page could not be loaded.",
    retry: "Try again",
  },
  compare: {
    button: "Fixed L against SIRI",
    note: "Trains two runs at once with the same seed: one with a fixed budget, one that breathes.",
    fixed: "fixed L",
    siri: "SIRI",
    rivalFailed: "The run with the fixed budget has stopped.",
  },
  /** Titles of the recorded runs. */
  recordings: { siri: "SIRI, the budget breathes", fixed: "fixed budget" },
  runs: {
    title: "Runs",
    empty: "No run is stored yet. Runs are saved in this browser while they train.",
    kept: "A private window may drop its runs, some do after minutes: export what you want to keep.",
    open: "Go on with it",
    show: (name: string) => `Draw ${name}`,
    rename: "Rename",
    newName: "New name",
    remove: "Delete",
    removeSure: (name: string) => `Delete ${name} and all its checkpoints? This cannot be undone.`,
    export: "Export",
    /** The run as it is, to be imported again. */
    whole: "Zip",
    import: "Import a run or checkpoint (.zip) or a comparison (.jsonl)",
    samples: "Responses (JSONL)",
    settings: "Settings (JSON)",
    current: "current",
    damaged: "damaged",
    steps: (step: number, steps: number) => `${step} of ${steps} steps`,
    differs: "Differs by",
    kinds: { rl: "RL", sft: "pre-training" },
    scratch: "Train the starting model from scratch",
    scratchNote:
      "Teaches a random model to overthink, as the bundled one was taught. It takes several minutes.",
    start: "Start RL from it",
    copyOf: (name: string) => `Copy of ${name}`,
    imported: (name: string) => `${name} is imported.`,
    exported: (name: string) => `${name} is exported.`,
  },
  share: {
    button: "Share",
    title: "Share these settings",
    note: "The link holds every setting that differs from the preset. It holds no weights and no results.",
    link: "Link",
    copy: "Copy link",
    copied: "Copied.",
    notCopied: "The browser did not allow copying; the link is selected, press Ctrl+C.",
    qr: "QR code of the link",
    hide: "Hide from those who open it",
    local: "This address is only reachable on this computer.",
  },
  device: {
    title: "Device",
    none: "No WebGPU",
    software: "runs on the processor (slow)",
    adapter: "Adapter",
    variants: "Kernel variants, measured here",
    measuring: "being measured",
    binding: "Largest buffer",
    features: "Optional features in use",
    noFeatures: "none needed, none used",
  },
  notices: {
    label: "Notices",
    dismiss: "Dismiss",
    retry: "Try again",
    reload: "Reload the page",
    restoreTitle: "Your last run is still here",
    restore: (name: string, step: number) => `${name} was saved at step ${step}.`,
    restoreButton: "Go on with it",
    restoreDiscard: "Start afresh",
    lost: "The GPU was lost, as happens when a driver restarts or memory is short. Asking for it anew; the run goes on by itself.",
    regained: "The GPU is back and the run goes on from where it was. Nothing is lost.",
    died: "The browser has ended the worker that trains, as happens when memory is short. Another is started, and the run goes on from its last saved step by itself.",
    restarted:
      "Another worker has taken the run up at its last saved step. The steps since then are done again, with the same results.",
    noStorageTitle: "Runs are not kept here",
    noStorage:
      "This browser stores no files for this page, as in some private windows. Export what you want to keep before you close this tab.",
    damagedTitle: "The run's latest checkpoint is damaged",
    damaged: "It goes on from the one before; the steps since then are done again.",
    recorded:
      "Meanwhile recorded runs can be replayed here, and everything on this page but training works with them.",
    badLink: "The link's settings could not be used, so the page starts with the default ones.",
    hidden: "This link hides some parts of the page.",
    showAll: "Show all",
    softwareTitle: "No GPU is in use",
    software: "Training runs on the processor: it works, but slowly. Check that hardware acceleration is on.",
    actions: {
      smaller: "Use smaller settings",
      slower: "Go back and halve the learning rate",
      copy: "Go on with a copy",
      openRuns: "Delete old runs",
      another: "Start a new run",
    },
    titles: {
      "webgpu-unavailable": "This browser cannot train",
      "adapter-unavailable": "No GPU can be used here",
      "device-lost": "The GPU was lost",
      "out-of-memory": "The GPU has too little memory for these settings",
      validation: "The GPU refused a command",
      "shader-compilation": "A kernel did not compile",
      "limit-exceeded": "These settings are too large for this GPU",
      "config-invalid": "A setting cannot be used",
      "input-invalid": "That does not work",
      "checkpoint-invalid": "The file is not a usable checkpoint",
      "storage-failed": "The browser could not store or read a file",
      "numerics-failed": "The numbers went astray",
      "network-failed": "A file of the page could not be fetched",
      "run-locked": "This run is open in another tab",
      "worker-died": "Training was interrupted",
      defect: "Something is wrong with this page",
    } satisfies Record<ErrorCode, string>,
    ways: {
      "webgpu-unavailable": "",
      "adapter-unavailable": "",
      "device-lost": "Try again; the run goes on from its last saved step.",
      "out-of-memory": "Use fewer prompts or a smaller micro-batch, or close other tabs that use the GPU.",
      validation: "Reload the page; the run goes on from its last saved step.",
      "shader-compilation": "Update the browser or the graphics driver.",
      "limit-exceeded": "Use smaller settings.",
      "config-invalid": "Change the setting that is named, or start a new run with it.",
      "input-invalid": "Change what is named, and try again.",
      "checkpoint-invalid": "Export it again where it came from, or start a new run.",
      "storage-failed":
        "If the storage is full, delete runs that you do not need, the longest first, and play on: the run is still in memory. A private window may drop what it stored: use a usual one.",
      "numerics-failed":
        "A loss or gradient is no longer a number. The last saved step is intact; go on from it with a smaller learning rate.",
      "network-failed": "Check the connection and that the page's server is there, then try again.",
      "run-locked":
        "Go on there, or close that tab and open the run here again. Or go on here with a copy of it.",
      "worker-died": "The run goes on from its last saved step; close other tabs if memory is short.",
      defect: "Reload the page; the run goes on from its last saved step. Please report what you did before.",
    } satisfies Record<ErrorCode, string>,
  },
  /** What helps in a browser without WebGPU (versions: gpuweb's implementation status of April 2026). */
  advice: {
    insecure:
      "Browsers offer WebGPU to secure pages only: open this page by https, or from this computer as http://localhost.",
    chromium:
      "Use version 113 or later, and turn on graphics acceleration under Settings, System; chrome://gpu says what is missing.",
    chromiumLinux:
      "On Linux, WebGPU is on from version 144 with Intel's graphics (12th generation or later) and from version 147 with " +
      "NVIDIA's driver 535.183 or later. Elsewhere enable chrome://flags/#enable-unsafe-webgpu and " +
      "chrome://flags/#enable-vulkan, and restart the browser.",
    chromiumAndroid: "Use version 121 or later on Android 12 or later; some graphics chips need Android 16.",
    firefoxWindows: "Use Firefox 141 or later, with the current driver of the graphics card.",
    firefoxMac:
      "Use Firefox 147 or later (145 or later on macOS 26) on a Mac with Apple's chip; on an Intel Mac use Chrome.",
    firefoxLinux:
      "Firefox does not offer WebGPU on Linux yet: set dom.webgpu.enabled in about:config and restart it, or use Chrome.",
    firefoxAndroid: "Firefox does not offer WebGPU on Android yet: use Chrome.",
    safari: "Use Safari 26 or later, which macOS Sonoma, Sequoia and Tahoe have, or Chrome.",
    ios: "Update to iOS or iPadOS 26 or later: every browser there uses the system's WebGPU.",
    other: "Use a current Chrome, Edge, Firefox or Safari.",
  } satisfies Record<BrowserAdvice, string>,
  help: {
    button: "Help",
    title: "Keyboard and help",
    keys: "Keys",
    key: "Key",
    does: "What it does",
    space: "space",
    open: "this help",
    tour: "Guided tour",
    what: "What happens here",
    explanation: [
      "Each step the model answers a few problems several times. A response that runs past the budget L is cut off and counts as wrong.",
      "Responses that did better than the others of their group become likelier, the rest less likely: that is GRPO.",
      "The budget breathes: it shrinks (compress), so that only what is needed survives, and grows again (expand), so that harder problems find room. That is SIRI.",
    ] as readonly string[],
    hidden: "A hidden tab goes on training. The screen stays awake while training is visible.",
    privacy: "Nothing leaves this computer: weights, runs and settings stay in this browser.",
  },
  look: {
    theme: "Theme",
    themes: { system: "system", light: "light", dark: "dark" },
    language: "Language",
    languages: { en: "English", de: "Deutsch" },
    presenter: "Presenter mode",
  },
  presets: {
    title: "Questions to try",
    note: "Each starts a new run from the same model and the same seed. Say first what you expect.",
    watch: "Watch:",
    try: "Try it",
    tryThis: (question: string) => `Try it: ${question}`,
    recipes: "The methods of the paper",
    questions: {
      constant: {
        question: "What happens if it never breathes?",
        watch:
          "right answers rise faster at first, but the responses hardly get shorter than the cut-off makes them.",
      },
      drop: {
        question: "What happens if the budget drops in one step?",
        watch:
          "the truncated share leaps and right answers fall at once. Does it recover before the budget returns?",
      },
      tight: {
        question: "What happens if Lmin is too small?",
        watch: "the harder difficulties: four operations take 28 tokens without a single check.",
      },
      fast: {
        question: "What happens if it breathes four times as fast?",
        watch: "whether the length still follows the budget, or only its mean.",
      },
      falling: {
        question: "What happens if the budget only ever falls?",
        watch: "right answers after the last fall: what has no room left cannot come back.",
      },
      penalty: {
        question: "What happens with a KL penalty?",
        watch: "how far the length moves at all, while the model has to stay near its starting point.",
      },
      mask: {
        question: "What happens if cut responses do not count?",
        watch: "the truncated share: nothing tells the model that it was too long.",
      },
      pairs: {
        question: "What happens with only two responses to each prompt?",
        watch: "groups that teach nothing: two responses are often both right or both wrong.",
      },
    } satisfies Record<QuestionName, { question: string; watch: string }>,
  },
};

/** The words of the page; those of what is fetched later are there in every language but English. */
export type Strings = typeof en & { readonly insides?: typeof insidesEn; readonly charts?: ChartWords };
