/** What a recipe does, and what to watch when it is tried. */
interface RecipeWords {
  readonly does: string;
  readonly watch: string;
}

/** Words of the picker of recipes, in English. */
export const recipesEn = {
  note: "Each is a method of a paper in the measures of the toy. Using one changes the settings and starts nothing yet.",
  use: "Use it",
  choice: "Recipe",
  none: "none",
  inForce: "In force",
  unfit: "Does not fit these settings:",
  /** By the name of the recipe: every one that trains. */
  words: {
    "siri-cosine": {
      does: "The budget swings between Lmax and Lmin as a cosine, cycle after cycle.",
      watch: "the length, which follows the budget some steps late.",
    },
    "siri-stair": {
      does: "The budget drops to Lmin for the first half of each cycle, and jumps back to Lmax for the second.",
      watch: "the truncated share at each drop, and how soon right answers recover.",
    },
    "siri-stair-cosine": {
      does: "The budget swings as a cosine that rests at either end.",
      watch: "right answers while the budget rests at Lmin.",
    },
    "siri-long-expansion": {
      does: "The cosine, with three tenths of each cycle to fall and the rest to rise.",
      watch: "how many of the hardest problems come right.",
    },
    "siri-length-penalty": {
      does: "The cosine with a shallow trough; from the first one on, the shorter of the right responses earn more.",
      watch: "the length at the end of each cycle: it no longer grows all the way back.",
    },
    grpo: {
      does: "The budget stays at Lmax: the control to SIRI, from which it differs in nothing else.",
      watch: "whether responses get shorter at all.",
    },
    dapo: {
      does: "GRPO with a higher upper clip, groups that mix right and wrong only, and a soft punishment short of the budget.",
      watch: "steps per second: groups that teach nothing are drawn anew.",
    },
    "dr-grpo": {
      does: "Advantages are not divided by their deviation, nor losses by the length of the response.",
      watch: "the length: long wrong responses are no longer let off lightly.",
    },
    deepscaler: {
      does: "Three stages of ever larger budgets, each a run of its own; groups grow with the second.",
      watch: "what right answers gain whenever a stage begins.",
    },
    "dapo-deepscaler-16k": {
      does: "Lmin for half a cycle, then Lmax for good: SIRI's stair that never compresses again.",
      watch: "how far the length grows back after the switch.",
    },
    thinkprune: {
      does: "The budget only falls, once a cycle; each tread is a run of its own.",
      watch: "right answers after the last fall: there is no way back.",
    },
    "kimi-length-penalty": {
      does: "Of the right responses to a problem the shorter ones earn more. That sets in after half a cycle.",
      watch: "the length, before and after it sets in.",
    },
    "l1-exact": {
      does: "Each prompt names a number of tokens, and the reward falls with the distance from it.",
      watch: "the responses: does their length follow the number in the prompt?",
    },
    "l1-max": {
      does: "Each prompt names a number of tokens, in half of them as the most that is allowed.",
      watch: "whether responses stay within the number, and how much of it they leave.",
    },
    "o1-pruner": {
      does: "Learns from responses of the starting model, weighted by how much shorter and better than usual they are.",
      watch: "whether the length falls though no budget presses.",
    },
    adaptthink: {
      does: "Half of each group is made to answer without a check, which earns a little more where it costs no accuracy.",
      watch: "re-checks, which should go first where problems are easy.",
    },
    overthink: {
      does: "Pairs: the longest right response against itself, cut behind its second right solution.",
      watch: "second and third solutions in the responses: nothing else is discouraged.",
    },
    dast: {
      does: "Each problem has a token budget, by how often it is answered right. Pairs of responses near it and far from it.",
      watch: "easy problems, which should lose more length than hard ones.",
    },
    "rejection-sft": {
      does: "Imitates the right responses of the model as it was when the round began.",
      watch: "right answers: what is wrong is left out, but never discouraged.",
    },
    "iterative-dpo": {
      does: "Pairs of a right and a wrong response, from the model as it was when the round began.",
      watch: "the length, which nothing holds.",
    },
    spin: {
      does: "Learns to tell the teacher's responses from its own. Nobody checks answers.",
      watch: "right answers, which the teacher limits, and re-checks, in which it indulges.",
    },
  } satisfies Readonly<Record<string, RecipeWords>>,
};

/** A recipe that trains. */
export type RecipeName = keyof (typeof recipesEn)["words"];
