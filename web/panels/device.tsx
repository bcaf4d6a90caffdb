import { formatMegabytes } from "../state/format.ts";
import { device, variants } from "../state/model.ts";
import { t } from "../text/index.ts";

/** The GPU, and what of it is in use. */
export function Device() {
  const words = t().device;
  const info = device.value;
  if (info === null || "code" in info) return null;
  const { adapter, maxBinding, features } = info;
  const name =
    adapter.description || [adapter.vendor, adapter.architecture, adapter.device].filter(Boolean).join(" ");
  return (
    <details class="device">
      <summary>
        {words.title}: {name}
        {adapter.software && ` (${words.software})`}
      </summary>
      <dl>
        <dt>{words.adapter}</dt>
        <dd>{[name, adapter.vendor, adapter.architecture].filter(Boolean).join(", ")}</dd>
        <dt>{words.variants}</dt>
        <dd>
          {variants.value === null
            ? words.measuring
            : Object.entries(variants.value)
                .map(([kernel, variant]) => `${kernel} ${variant}`)
                .join(", ")}
        </dd>
        <dt>{words.binding}</dt>
        <dd>{formatMegabytes(maxBinding)}</dd>
        <dt>{words.features}</dt>
        <dd>{features.join(", ") || words.noFeatures}</dd>
      </dl>
    </details>
  );
}
