/** The tokens of one response: coloured, re-checks marked, what lies beyond the budget struck through. */
import { Fragment } from "preact";
import { useId, useState } from "preact/hooks";
import { formatNumber, formatPercent } from "../state/format.ts";
import { inside } from "../text/insides.ts";
import { heatOf, QUANTITIES, type Quantity, SCALE_ENDS, type TokenMark } from "./token-marks.ts";
import "./tokens.css";

/**
 * One stop of the tab key; the arrow keys then walk from token to token, Home and End go to the ends and Escape leaves. The
 * values of the token in hand, or under the pointer, stand below.
 */
export function TokenView({
  label,
  marks,
  quantity,
}: {
  label: string;
  marks: readonly TokenMark[];
  quantity: Quantity;
}) {
  const [walked, walk] = useState<number | null>(null);
  const [pointed, point] = useState<number | null>(null);
  const id = useId();
  const last = marks.length - 1;
  const at = walked === null ? null : Math.min(walked, last);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepFrom(at, event.key, last);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    walk(next);
  };
  const told = at ?? pointed;
  return (
    <div class="token-view">
      <div
        class={at === null ? "tokens" : "tokens walking"}
        role="listbox"
        aria-label={label}
        aria-activedescendant={at === null ? undefined : `${id}-${at}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={({ target }) => walk(indexOf(target))}
        onPointerOver={({ target }) => point(indexOf(target))}
        onPointerLeave={() => point(null)}
        onBlur={() => walk(null)}
      >
        {marks.map((mark, index) => (
          <Fragment key={index}>
            {mark.spaced && <Space isRecheck={mark.recheck && marks[index - 1]?.recheck === true} />}
            {/* biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names its active token */}
            <span
              id={`${id}-${index}`}
              class={classOf(mark, at === null ? 0 : Math.sign(index - at), index === at)}
              role="option"
              aria-selected={index === at}
              data-index={index}
              {...heatStyle(heatOf(quantity, mark))}
            >
              {shownWord(mark.word)}
            </span>
          </Fragment>
        ))}
      </div>
      <TokenValues mark={told === null ? undefined : marks[told]} index={told ?? 0} of={marks.length} />
    </div>
  );
}

/** A line may break here. Within a re-check its mark goes through. */
function Space({ isRecheck }: { isRecheck: boolean }) {
  return isRecheck ? (
    <span class="recheck" aria-hidden="true">
      {" "}
    </span>
  ) : (
    " "
  );
}

/** Where a key leads; undefined for a key that is not ours. */
function stepFrom(at: number | null, key: string, last: number): number | null | undefined {
  switch (key) {
    case "ArrowRight":
      return Math.min((at ?? -1) + 1, last);
    case "ArrowLeft":
      return Math.max((at ?? 1) - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return at === null ? undefined : null;
    default:
      return undefined;
  }
}

/** The token that an event happened on. */
function indexOf(target: EventTarget | null): number | null {
  const index = target instanceof HTMLElement ? target.dataset.index : undefined;
  return index === undefined ? null : Number(index);
}

/** @param side of the token that is walked to: 1 for what comes later. */
function classOf({ recheck, beyond }: TokenMark, side: number, here: boolean): string {
  const classes = { token: true, recheck, beyond, later: side > 0, here };
  return Object.entries(classes)
    .filter(([, is]) => is)
    .map(([name]) => name)
    .join(" ");
}

function heatStyle(heat: number) {
  return heat > 0 ? { style: { "--heat": heat.toFixed(2) } } : {};
}

function shownWord(word: string): string {
  return word === "<eos>" ? "⏎" : word;
}

function TokenValues({ mark, index, of }: { mark: TokenMark | undefined; index: number; of: number }) {
  const words = inside().tokens;
  return (
    <p class="token-values" aria-live="polite">
      {mark !== undefined && (
        <>
          <strong>{words.place(index + 1, of, shownWord(mark.word))}</strong>{" "}
          {words.probability(formatPercent(Math.exp(mark.logprob)), formatNats(mark.logprob, 2))},{" "}
          {words.entropy(formatNats(mark.entropy, 2))}
          {mark.recheck && ` · ${words.recheck}`}
          {mark.beyond && ` · ${words.beyond}`}
        </>
      )}
    </p>
  );
}

/** Chooses what the colours say, and says what they say. */
export function TokenLegend({
  quantity,
  choose,
}: {
  quantity: Quantity;
  choose: (quantity: Quantity) => void;
}) {
  const words = inside().tokens;
  return (
    <div class="token-legend">
      <label>
        {words.colour}
        <select value={quantity} onChange={({ currentTarget }) => choose(currentTarget.value as Quantity)}>
          {QUANTITIES.map((name) => (
            <option key={name} value={name}>
              {words.quantities[name]}
            </option>
          ))}
        </select>
      </label>
      {quantity !== "none" && <Scale quantity={quantity} />}
      <span>
        <span class="token recheck">wait … so</span> {words.recheck}
      </span>
      <span>
        <span class="token beyond">0 1</span> {words.beyond}
      </span>
      <span>
        <span class="token">⏎</span> {words.end}
      </span>
      <span class="walk">{words.walk}</span>
    </div>
  );
}

const STOPS = [0, 1 / 3, 2 / 3, 1] as const;

function Scale({ quantity }: { quantity: "logprob" | "entropy" }) {
  const sign = quantity === "logprob" ? -1 : 1;
  return (
    <span class="token-scale">
      {STOPS.map((stop) => (
        <span key={`${stop}`} class="token" style={{ "--heat": `${stop}` }}>
          {stop === 1 && (sign < 0 ? "≤ " : "≥ ")}
          {formatNats(sign * stop * SCALE_ENDS[quantity], 1)}
        </span>
      ))}{" "}
      {inside().tokens.nats}
    </span>
  );
}

/** Without the sign of a zero that is left of a small negative number. */
function formatNats(value: number, digits: number): string {
  const scale = 10 ** digits;
  return formatNumber(Math.round(value * scale) / scale + 0, digits);
}
