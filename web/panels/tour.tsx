/** A guided tour of the page: space continues, the left arrow goes back, Escape leaves. */
import { type Signal, signal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Hideable } from "../state/hash.ts";
import { panel } from "../state/model.ts";
import type { insidesEn } from "../text/insides.en.ts";
import { inside } from "../text/insides.ts";
import "./tour.css";

interface Stop {
  readonly name: keyof (typeof insidesEn)["tour"]["stops"];
  /** The panel that is called up for it. */
  readonly panel?: Hideable;
}

/** In the order of the tour. A stop is at the element with its name in `data-tour`, a panel's at the panels. */
export const STOPS: readonly Stop[] = [
  { name: "controls" },
  { name: "length" },
  { name: "accuracy" },
  { name: "trail" },
  { name: "questions", panel: "questions" },
  { name: "schedule", panel: "schedule" },
  { name: "samples", panel: "samples" },
  { name: "think", panel: "think" },
  { name: "why", panel: "why" },
  { name: "compare" },
  { name: "share" },
];

export const isTourOpen: Signal<boolean> = signal(false);

/** Null where it is not there or not to be seen: in presenter mode, behind the menu of a narrow screen. */
function regionOf(stop: Stop): HTMLElement | null {
  const name = stop.panel === undefined ? stop.name : "panels";
  const region = document.querySelector<HTMLElement>(`[data-tour="${name}"]`);
  return region?.checkVisibility() ? region : null;
}

/** Stands in the page once; shows itself while {@link isTourOpen}. */
export function Tour() {
  return isTourOpen.value ? <OpenTour /> : null;
}

function OpenTour() {
  // What a link hides, or this screen has no room for, is left out.
  const [stops] = useState(() => STOPS.filter((stop) => regionOf(stop) !== null));
  const [at, go] = useState(0);
  const card = useRef<HTMLDivElement>(null);
  useFocusWhileOpen(card);
  const stop = stops[at];
  const region = useRegion(stop);
  if (stop === undefined) return null;
  const leave = () => {
    isTourOpen.value = false;
  };
  const move = (by: number) => {
    if (at + by >= stops.length) leave();
    else go(Math.max(0, at + by));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isOnButton = event.target instanceof HTMLButtonElement;
    if (event.key === "Escape") leave();
    else if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight" || (!isOnButton && [" ", "Enter"].includes(event.key))) move(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      {region !== null && <div class="tour-ring" style={region} aria-hidden="true" />}
      <TourCard card={card} stop={stop} at={at} of={stops.length} {...{ move, leave, onKeyDown }} />
    </>
  );
}

function TourCard({
  card,
  stop,
  at,
  of,
  move,
  leave,
  onKeyDown,
}: {
  card: { current: HTMLDivElement | null };
  stop: Stop;
  at: number;
  of: number;
  move: (by: number) => void;
  leave: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}) {
  const words = inside().tour;
  const id = useId();
  const { title, text } = words.stops[stop.name];
  return (
    // The keys are those of the buttons within.
    <div
      ref={card}
      class="tour-card"
      role="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div aria-live="polite">
        <h2 id={`${id}-title`}>{title}</h2>
        <p id={`${id}-text`}>{text}</p>
      </div>
      <p class="tour-ways">
        <span>{words.place(at + 1, of)}</span>
        <button type="button" disabled={at === 0} onClick={() => move(-1)}>
          {words.back}
        </button>
        <button type="button" class="primary" onClick={() => move(1)}>
          {at + 1 === of ? words.end : words.next}
        </button>
        <button type="button" onClick={leave}>
          {words.leave}
        </button>
      </p>
      <p class="quiet">{words.keys}</p>
    </div>
  );
}

/** The focus goes to the card, and back to where it was in the end. */
function useFocusWhileOpen(card: { current: HTMLDivElement | null }): void {
  useEffect(() => {
    const before = document.activeElement;
    card.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
}

/** Calls a stop's region up, and follows where it is on the screen. */
function useRegion(stop: Stop | undefined) {
  const [box, setBox] = useState<{ left: string; top: string; width: string; height: string } | null>(null);
  useLayoutEffect(() => {
    if (stop === undefined) return;
    if (stop.panel !== undefined) panel.value = stop.panel;
    const region = regionOf(stop);
    if (region === null) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const isTall = region.offsetHeight > innerHeight / 2;
    region.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: isTall ? "start" : "center" });
    const measure = () => {
      const { left, top, width, height } = region.getBoundingClientRect();
      setBox({ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    };
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(region);
    addEventListener("scroll", measure, { passive: true, capture: true });
    addEventListener("resize", measure);
    return () => {
      resized.disconnect();
      removeEventListener("scroll", measure, { capture: true });
      removeEventListener("resize", measure);
    };
  }, [stop]);
  return box;
}
