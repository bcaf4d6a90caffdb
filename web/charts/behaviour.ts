/** What charts do: when they are drawn, and how keys move their cursor. */
import { type Signal, signal } from "@preact/signals";
import { type Column, indexAt } from "./figure.ts";

/**
 * Tells whether an element is on the screen, and its size as text, which changes when it does. For a `useEffect`.
 * @returns what ends it.
 */
export function watchElement(element: Element, isVisible: Signal<boolean>, size: Signal<string>): () => void {
  const intersection = new IntersectionObserver((entries) => {
    isVisible.value = entries.at(-1)!.isIntersecting;
  });
  const resize = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    size.value = width > 0 && height > 0 ? `${Math.round(width)} × ${Math.round(height)}` : "";
  });
  intersection.observe(element);
  resize.observe(element);
  return () => {
    intersection.disconnect();
    resize.disconnect();
  };
}

/** Points that Page Up and Page Down go. */
const PAGE = 10;

/**
 * Where a key takes a cursor that rests on the points of a column; null for a key that is none of its own, or where there are no
 * points. From nowhere, an arrow goes to the last point.
 */
export function stepForKey(key: string, { steps }: Column, from: number | null): number | null {
  const last = steps.length - 1;
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: PAGE,
    PageDown: -PAGE,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const move = moves[key];
  if (move === undefined || last < 0) return null;
  const at = from === null ? last : indexAt({ steps, values: steps }, from);
  const isArrow = Math.abs(move) === 1;
  const target = from === null && isArrow ? last : Math.min(Math.max(at + move, 0), last);
  return steps[target]!;
}

/** Sets a signal of plain data only where the data differ, so that nothing is drawn anew for the same. */
export function setIfChanged<T>(target: Signal<T>, value: T): void {
  if (JSON.stringify(target.peek()) !== JSON.stringify(value)) target.value = value;
}

const cursors = new Map<string, Signal<number | null>>();

/** The step at which the charts of a key have their cursor; null where they have none. */
export function sharedCursor(key: string): Signal<number | null> {
  const cursor = cursors.get(key) ?? signal<number | null>(null);
  cursors.set(key, cursor);
  return cursor;
}
