import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text/index.ts";

/** A modal dialog, open as long as it is drawn. The browser keeps the focus inside, and gives it back after `onClose`. */
export function Dialog({
  title,
  class: name,
  onClose,
  children,
}: {
  title: string;
  class: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => element.current!.showModal(), []);
  return (
    <dialog ref={element} class={name} aria-labelledby={titleId} onClose={onClose}>
      <div class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" onClick={() => element.current!.close()}>
          {t().app.close}
        </button>
      </div>
      {children}
    </dialog>
  );
}
