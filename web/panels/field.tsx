/** One setting of the form: its control, limits, explanation, and what is wrong with it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { SettingDescription } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { settingOf, showValue } from "../state/config-diff.ts";
import { changedPaths, draftError, editDraft } from "../state/draft.ts";
import { formatNumber } from "../state/format.ts";
import { draft } from "../state/model.ts";
import { inside } from "../text/insides.ts";
import { isAbout, readNumber, readWholeNumbers, takesEffect } from "./settings-form.ts";
import "./field.css";

/** The one-line explanation of a setting in the language of the page. */
export function descriptionOf({ path }: SettingDescription): string {
  return inside().settings.descriptions[path]!;
}

export function unitOf(unit: string): string {
  return inside().settings.units[unit] ?? unit;
}

/** A setting that is a number, a choice, a list of whole numbers or a text. */
export function SettingField({ setting }: { setting: SettingDescription }) {
  const { path, options } = setting;
  const value = settingOf(draft.value, path);
  const change = (next: unknown) => editDraft(path, next);
  return (
    <FieldFrame setting={setting}>
      {(id, describedBy) => {
        const control = { id, "aria-describedby": describedBy };
        if (options !== undefined)
          return <Choice {...control} options={options} value={`${value}`} change={change} />;
        if (typeof value === "number") {
          const { least, most } = setting;
          return <NumberInput {...control} value={value} change={change} least={least} most={most} />;
        }
        if (Array.isArray(value)) return <WholeNumbersInput {...control} value={value} change={change} />;
        return (
          <input
            {...control}
            type="text"
            value={`${value}`}
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
        );
      }}
    </FieldFrame>
  );
}

/**
 * What stands around a control: name, unit, marks, explanation, the error of the draft if it names this setting.
 * @param children gets the control's id and the ids of what describes it.
 * @param isGroup there are several controls, each with a name of its own.
 */
export function FieldFrame({
  setting,
  isGroup = false,
  children,
}: {
  setting: SettingDescription;
  isGroup?: boolean;
  children: (id: string, describedBy: string) => ComponentChildren;
}) {
  const id = useId();
  const words = inside().settings;
  const { path, unit, least, most } = setting;
  const name = path.split(".").at(-1);
  const describedBy = `${id}-note ${id}-error`;
  const error = draftError.value;
  const message = isAbout(error?.field, path) ? error!.message : null;
  return (
    <div class={message === null ? "field" : "field invalid"} data-setting={path}>
      <div class="field-line">
        {isGroup ? (
          <span id={id} class="field-name">
            {name}
          </span>
        ) : (
          <label for={id} class="field-name">
            {name}
          </label>
        )}
        {isGroup ? (
          <fieldset aria-labelledby={id} aria-describedby={describedBy}>
            {children(id, describedBy)}
          </fieldset>
        ) : (
          <span>
            {children(id, describedBy)} {unitOf(unit)}
          </span>
        )}
        <PresetMark path={path} />
      </div>
      <p id={`${id}-note`} class="field-note">
        {descriptionOf(setting)}
        {least !== undefined && most !== undefined && ` · ${words.limits(showLimit(least), showLimit(most))}`}
        {takesEffect(path) === "new-run" && <em> · {words.newRun}</em>}
      </p>
      <p id={`${id}-error`} class="field-error">
        {message}
      </p>
    </div>
  );
}

/** Limits far beyond use are shortened to powers of ten. */
function showLimit(limit: number): string {
  const size = Math.abs(limit);
  const isFar = size >= 1e7 || (size > 0 && size < 1e-4);
  return isFar ? limit.toExponential(0).replace("+", "") : formatNumber(limit, 6);
}

/** Says that a value is the preset's, or offers to go back to it. */
function PresetMark({ path }: { path: string }) {
  const words = inside().settings;
  const usual = settingOf(PRESETS.default, path);
  if (!changedPaths.value.has(path)) return <span class="preset-mark">{words.isPreset}</span>;
  return (
    <button
      type="button"
      class="small preset-mark"
      title={words.resetTo(showValue(usual))}
      aria-label={`${path}: ${words.resetTo(showValue(usual))}`}
      onClick={() => editDraft(path, usual)}
    >
      ↺ {showValue(usual)}
    </button>
  );
}

interface ControlProps<V> {
  readonly id?: string;
  readonly "aria-describedby"?: string;
  readonly "aria-label"?: string;
  readonly value: V;
  readonly change: (value: V) => void;
}

/** Hands on every number that is typed, in bounds or not: the form says what is wrong with it. What is no number stays here. */
export function NumberInput({
  value,
  change,
  least,
  most,
  ...control
}: ControlProps<number> & { least?: number | undefined; most?: number | undefined }) {
  const [text, setText] = useState(`${value}`);
  // Follows a value that came from elsewhere, and leaves alone what is being typed.
  useEffect(() => {
    if (readNumber(text) !== value) setText(`${value}`);
  }, [value]);
  const isNumber = readNumber(text) !== null;
  return (
    <input
      {...control}
      type="text"
      inputMode="decimal"
      autocomplete="off"
      size={8}
      value={text}
      aria-invalid={!isNumber || value < (least ?? -Infinity) || value > (most ?? Infinity)}
      onInput={({ currentTarget }) => {
        setText(currentTarget.value);
        const number = readNumber(currentTarget.value);
        if (number !== null) change(number);
      }}
      onBlur={() => setText(`${value}`)}
    />
  );
}

/** A list of whole numbers, e.g. `8, 16, 16`. As {@link NumberInput}, it keeps to itself what is no such list. */
function WholeNumbersInput({ value, change, ...control }: ControlProps<readonly number[]>) {
  const shown = value.join(", ");
  const [text, setText] = useState(shown);
  useEffect(() => {
    if (readWholeNumbers(text)?.join(", ") !== shown) setText(shown);
  }, [shown]);
  return (
    <input
      {...control}
      type="text"
      inputMode="numeric"
      autocomplete="off"
      size={16}
      value={text}
      aria-invalid={readWholeNumbers(text) === null}
      onInput={({ currentTarget }) => {
        setText(currentTarget.value);
        const numbers = readWholeNumbers(currentTarget.value);
        if (numbers !== null) change(numbers);
      }}
      onBlur={() => setText(shown)}
    />
  );
}

/** A number with its name around it, where there is no {@link FieldFrame}. */
export function NumberField({
  label,
  note,
  ...input
}: ControlProps<number> & {
  label: string;
  note?: string;
  least?: number | undefined;
  most?: number | undefined;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: NumberInput is an input
    <label>
      {label} <NumberInput {...input} /> {note !== undefined && <small>{note}</small>}
    </label>
  );
}

export function Choice({
  options,
  value,
  change,
  ...control
}: ControlProps<string> & { options: readonly string[] }) {
  return (
    <select {...control} value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}
