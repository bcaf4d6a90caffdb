import type { EvalPoint, ExampleText } from "./data.ts";
import { plural } from "./format.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { levelNames } from "./panels.ts";

/** The first and the last evaluation's response to one problem. */
export interface TracePair {
  readonly before: ExampleText;
  readonly after: ExampleText;
}

/** A stretch of a response. */
export interface Stretch {
  readonly text: string;
  /** Whether it checks again what was already worked out. */
  readonly recheck: boolean;
}

/** Pairs responses of two evaluations: each evaluation shows the same problems, in the same order. */
export function pairTraces(first: EvalPoint, last: EvalPoint): TracePair[] {
  return first.examples.flatMap((before, index) => {
    const after = last.examples[index];
    return after?.prompt === before.prompt ? [{ before, after }] : [];
  });
}

/** Words that end a re-check which comes to no `so`. */
const BREAKS = new Set(["wait", "alt", "ans"]);

/** Cuts a response at its re-checks: from `wait` through the word after `so`, e.g. `wait 1*2=02 8*2=16 so 62`. */
export function splitAtRechecks(response: string): Stretch[] {
  const stretches: Stretch[] = [];
  let previous = "";
  let checking = false;
  // Each word with the white space after it, so that the stretches together are the response.
  for (const [word] of response.matchAll(/\s*\S+\s*/g)) {
    const name = word.trim();
    if (BREAKS.has(name)) checking = name === "wait";
    const open = stretches.at(-1);
    if (open !== undefined && open.recheck === checking && name !== "wait") {
      stretches[stretches.length - 1] = { ...open, text: open.text + word };
    } else stretches.push({ text: word, recheck: checking });
    if (checking && previous === "so") checking = false;
    previous = name;
  }
  return stretches;
}

/** The responses of the first and the last evaluation to the same problems, side by side. */
export function tracesSection(evals: readonly EvalPoint[]): Content {
  const [first, last] = [evals[0], evals.at(-1)];
  if (first === undefined || last === undefined) return markup`<p>There is no evaluation yet.</p>`;
  const traces =
    first === last
      ? first.examples.map((example) => [example])
      : pairTraces(first, last).map(({ before, after }) => [before, after]);
  if (traces.length === 0) {
    return markup`<p>No problem was shown at the first and at the last evaluation.</p>`;
  }
  const names = levelNames(evals);
  const most = Math.max(1, ...traces.flat().map(({ length }) => length));
  const which =
    first === last
      ? "Responses of the only evaluation."
      : "The same problems at the first and at the last evaluation.";
  return markup`<p>${which} <mark>Marked</mark>: re-checks, in which the model says “wait” and works out again what it has already worked out. The bars compare lengths.</p>
${traces.map((examples) =>
  drawProblem(
    examples[0]!,
    names,
    examples.map((example, i) => drawTrace(example, stepName(i === 0 ? first : last), most)),
  ),
)}`;
}

function stepName({ step }: EvalPoint): string {
  return step === 0 ? "before training" : `after ${plural(step, "step")}`;
}

function drawProblem(
  { level, prompt, answer }: ExampleText,
  names: readonly string[],
  traces: Content,
): Markup {
  return markup`<article class="problem">
<h3><code>${prompt}</code> <small>${names[level] ?? `level ${level + 1}`}; the answer is <code>${answer}</code></small></h3>
<div class="pair">${traces}</div>
</article>
`;
}

function drawTrace(example: ExampleText, when: string, most: number): Markup {
  const { response, length, truncated, correct } = example;
  const stretches = splitAtRechecks(response);
  const rechecks = stretches.filter((stretch) => stretch.recheck).length;
  const share = Math.min(100, Math.round((100 * length) / most));
  return markup`<div class="trace ${correct ? "right" : "wrong"}">
<p class="when">${when}</p>
<p class="verdict"><strong>${correct ? "✓ right" : "✗ wrong"}</strong>, ${plural(length, "token")}, ${plural(rechecks, "re-check")}${truncated && markup`, <strong>✂ cut off</strong>`}</p>
<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="most" width="100" height="4"/><rect class="used" width="${share}" height="4"/></svg>
<p class="response"><code>${stretches.map(drawStretch)}${truncated && markup`<span class="cut"> …</span>`}</code></p>
</div>
`;
}

function drawStretch({ text, recheck }: Stretch): Content {
  if (!recheck) return text;
  // White space at the end stays outside, so that the mark does not hang over.
  const words = text.trimEnd();
  return markup`<mark>${words}</mark>${text.slice(words.length)}`;
}
