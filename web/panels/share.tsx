/** A link to the page with its settings, to be copied or held before a camera. */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { encode } from "uqr";
import { HIDEABLE, type Hideable, writeHash } from "../state/hash.ts";
import { draft } from "../state/model.ts";
import { t } from "../text/index.ts";
import { Dialog } from "./dialog.tsx";

export default function Share({ onClose }: { onClose: () => void }) {
  const { share } = t();
  const hide = useSignal<readonly Hideable[]>([]);
  const link = useComputed(() => {
    const address = new URL(location.href);
    address.hash = writeHash({ config: draft.value, hide: hide.value });
    return address.href;
  });
  return (
    <Dialog class="share" title={share.title} onClose={onClose}>
      <p class="quiet">{share.note}</p>
      <Address link={link.value} />
      <QrCode text={link.value} />
      {/^(localhost|127\.|\[::1\])/.test(location.hostname) && <p class="quiet">{share.local}</p>}
      <HideChoice hide={hide} />
    </Dialog>
  );
}

function Address({ link }: { link: string }) {
  const { share } = t();
  const field = useRef<HTMLInputElement>(null);
  const told = useSignal("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      told.value = share.copied;
    } catch {
      field.current!.select();
      told.value = share.notCopied;
    }
  };
  return (
    <>
      <div class="address">
        <input
          ref={field}
          aria-label={share.link}
          value={link}
          readOnly
          onFocus={() => field.current!.select()}
        />
        <button type="button" class="primary" onClick={copy}>
          {share.copy}
        </button>
      </div>
      <p class="quiet" role="status">
        {told.value}
      </p>
    </>
  );
}

function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 3 });
  const modules = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" shape-rendering="crispEdges">
      <title>{t().share.qr}</title>
      <path d={modules} fill="#000000" />
    </svg>
  );
}

/** For teachers: what those who open the link are not to be distracted by. */
function HideChoice({ hide }: { hide: Signal<readonly Hideable[]> }) {
  const { share, panels, compare } = t();
  const names = { ...panels, compare: compare.button, share: share.button };
  const toggle = (name: Hideable) => {
    hide.value = hide.value.includes(name) ? hide.value.filter((one) => one !== name) : [...hide.value, name];
  };
  return (
    <fieldset>
      <legend>{share.hide}</legend>
      {HIDEABLE.map((name) => (
        <label key={name}>
          <input type="checkbox" checked={hide.value.includes(name)} onChange={() => toggle(name)} />{" "}
          {names[name]}
        </label>
      ))}
    </fieldset>
  );
}
