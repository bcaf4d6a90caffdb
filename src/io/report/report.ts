import { type EvalPoint, type Fields, isFields, parseLog, type ReportData, type RunLog } from "./data.ts";
import {
  accuracyFigure,
  budgetFigure,
  entropyFigure,
  signalFigure,
  trailFigure,
  waitFigure,
} from "./figures.ts";
import { count, fixed, percent, signed, withError } from "./format.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { FULL, figureCard, HALF, page } from "./page.ts";
import { windowOf } from "./panels.ts";
import { cycleName, facts, headline, introduction, story, unfinished } from "./story.ts";
import { type Summary, summarise } from "./summary.ts";
import { numberTable, settingsTable } from "./table.ts";
import { tracesSection } from "./traces.ts";

export type { ReportData } from "./data.ts";

/**
 * The report of a run: one page of HTML that brings all it needs, runs no script and fetches nothing; a browser is told
 * to hold it to that. A run that has just begun, failed or was stopped gives a report too, which says so.
 * @throws BellowsError `input-invalid` for a line whose step, or a step whose cap, is not a number.
 */
export function reportHtml(data: ReportData): string {
  const log = parseLog(data.lines);
  const summary = summarise(log, data.config);
  const closer = [trailFigure, waitFigure, entropyFigure, signalFigure].map((make) => make(log, summary));
  const title = headline(log, summary);
  return page(
    `${title}: ${data.name}, a run of bellows`,
    markup`<header>
<p class="name">A run of bellows: <code>${data.name}</code></p>
<h1>${title}</h1>
</header>
<main>
<p class="lead">${introduction(summary)} ${data.task !== "" && markup`The problems: <bdi>${data.task}</bdi>`}</p>
${notices(log, summary)}
${factList(log, summary)}
<ul class="story">${story(log, summary).map((sentence) => markup`<li>${sentence}</li>\n`)}</ul>
<section aria-labelledby="went">
<h2 id="went">How it went</h2>
<p>${chartNote(log, summary)}</p>
<div class="figures">
${figureCard(budgetFigure(log, summary), FULL)}
${cycleTable(summary)}
${figureCard(accuracyFigure(log, summary), FULL)}
${levelTable(log.evals)}
</div>
</section>
<section aria-labelledby="writes">
<h2 id="writes">What the model writes</h2>
${tracesSection(log.evals)}
</section>
<section aria-labelledby="closer">
<h2 id="closer">A closer look</h2>
<div class="figures halves">${closer.map((figure) => figureCard(figure, HALF))}</div>
</section>
<section aria-labelledby="made">
<h2 id="made">How it was made</h2>
<details><summary>Settings</summary>${settingsTable("The whole configuration of the run", flatten(data.config))}</details>
<details><summary>Environment</summary>${settingsTable("What the run ran on", flatten(data.environment))}</details>
<details><summary>Words used here</summary>${GLOSSARY}</details>
</section>
</main>`,
  );
}

function factList(log: RunLog, summary: Summary): Markup {
  const items = facts(log, summary).map(
    ({
      name,
      value,
      note,
    }) => markup`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="note">${note}</dd></div>
`,
  );
  return markup`<dl class="facts">${items}</dl>`;
}

function notices({ warnings, steps }: RunLog, summary: Summary): Content {
  const notices = [
    unfinished(summary) ?? (steps.length === 0 && "No step of training is logged."),
    ...warnings.map(({ step, message }) => `Warning at step ${step}: ${message}`),
  ];
  return notices.map((notice) => notice !== false && markup`<p class="notice">${notice}</p>\n`);
}

function chartNote(log: RunLog, summary: Summary): string {
  const window = windowOf(log, summary);
  return [
    ...(summary.cycles.length > 0
      ? ["Tinted stretches: the budget shrinks (compress, ▾) or grows again (expand, ▴)."]
      : []),
    ...(log.changes.length > 0 ? ["Upright lines: settings were changed, as said above."] : []),
    ...(window > 1
      ? [`Faint lines are single steps, strong ones the mean over the ${window} steps around.`]
      : []),
    "Rest the pointer on a chart for the numbers of a step; below each chart are all of them.",
  ].join(" ");
}

function cycleTable({ cycles }: Summary): Content {
  if (cycles.length === 0) return null;
  const rows = cycles.map((cycle) => {
    const { begin, end, highestCap, lowestCap, shortest, longest } = cycle;
    return [
      cycleName(cycle),
      `${begin} to ${end - 1}`,
      `${count(highestCap)} to ${count(lowestCap)}`,
      ...[shortest, longest].flatMap((point) => [
        point === null ? "–" : `${point.step}`,
        fixed(point?.length ?? null, 1),
        percent(point?.accuracy ?? null),
      ]),
    ];
  });
  return markup`<section class="card" aria-labelledby="cycles">
<h3 id="cycles">Cycle by cycle</h3>
${numberTable({
  caption:
    "The evaluation with the shortest responses of each cycle, and the one with the longest from there until the next cycle’s shortest",
  columns: ["cycle", "steps", "budget", "shortest at", "tokens", "right", "longest at", "tokens", "right"],
  rows,
})}
</section>
`;
}

function levelTable(evals: readonly EvalPoint[]): Content {
  const [first, last] = [evals[0], evals.at(-1)];
  if (first === undefined || last === undefined || last.levels.length === 0) return null;
  const isAlone = first === last;
  const rows = last.levels.map((now, level) => {
    const was = first.levels[level] ?? NO_LEVEL;
    const both = (before: string, after: string) => (isAlone ? after : `${before} → ${after}`);
    return [
      now.name,
      now.standsFor,
      both(withError(was.accuracy, was.error), withError(now.accuracy, now.error)),
      ...(isAlone ? [] : [signed(difference(was.accuracy, now.accuracy, 100), 1)]),
      both(fixed(was.length, 1), fixed(now.length, 1)),
      ...(isAlone ? [] : [signed(difference(was.length, now.length), 1)]),
      both(percent(was.truncated), percent(now.truncated)),
    ];
  });
  const change = isAlone ? [] : ["change"];
  return markup`<section class="card" aria-labelledby="levels">
<h3 id="levels">By difficulty</h3>
${numberTable({
  caption: `${isAlone ? `At step ${last.step}` : `From step ${first.step} to step ${last.step}`}, with standard errors over problems; each difficulty stands for a benchmark of the paper`,
  columns: ["difficulty", "stands for", "right, %", ...change, "tokens", ...change, "cut off"],
  rows,
})}
</section>
`;
}

const NO_LEVEL = { accuracy: null, error: null, length: null, truncated: null };

function difference(before: number | null, after: number | null, factor = 1): number | null {
  return before === null || after === null ? null : factor * (after - before);
}

/** Names and values of everything in an object, e.g. `rl.steps`. */
function flatten(fields: Fields, prefix = ""): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    const path = `${prefix}${name}`;
    if (isFields(value) && Object.keys(value).length > 0) return flatten(value, `${path}.`);
    return [[path, typeof value === "string" ? value : (JSON.stringify(value) ?? "")]];
  });
}

const GLOSSARY = markup`<dl class="words">
<dt>Token</dt><dd>What the model reads and writes one at a time: a word, a sign, a digit or a number.</dd>
<dt>Budget, cap, L(t)</dt><dd>The most tokens that a response may have at a step of training. A response that is not done by then is cut off and counts as wrong.</dd>
<dt>Step</dt><dd>The model answers a batch of problems, each several times, and is then updated.</dd>
<dt>Evaluation</dt><dd>The model answers problems that it is never trained on, always the same ones, with the largest budget, so that evaluations can be compared.</dd>
<dt>Standard error</dt><dd>How far a measured share typically is from the true one because there are only so many problems.</dd>
<dt>Group</dt><dd>The responses to one problem in a step. Each is judged by how much better it is than the mean of its group.</dd>
<dt>Re-check</dt><dd>The stretch from “wait” to the result after “so”.</dd>
<dt>Entropy</dt><dd>The model’s uncertainty about its next token, in nats; 0 means that it always writes the same.</dd>
</dl>`;
