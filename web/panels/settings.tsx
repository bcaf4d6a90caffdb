/** Every setting of the config schema as a form that is built from it. */
import { useState } from "preact/hooks";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import type { SettingDescription } from "../../src/train/config-schema.ts";
import { PRESET_NOTES, PRESETS, type PresetName } from "../../src/train/presets.ts";
import { differences } from "../state/config-diff.ts";
import { changedPaths, editDraft } from "../state/draft.ts";
import { draft } from "../state/model.ts";
import { chartWords } from "../text/chart-words.ts";
import { inside } from "../text/insides.ts";
import { DraftBar } from "./draft-bar.tsx";
import { Choice, descriptionOf, FieldFrame, NumberField, SettingField } from "./field.tsx";
import { isConfig, offers } from "./recipes.ts";
import { GROUPS, isFound, type SettingGroup, SHOWN, settingsOf, withTask } from "./settings-form.ts";
import { StageTable } from "./stages.tsx";
import "./settings.css";

export function SettingsForm() {
  const words = inside().settings;
  const [query, search] = useState("");
  const found = (setting: SettingDescription) => isFound(setting, descriptionOf(setting), query);
  const count = SHOWN.filter(found).length;
  return (
    <section class="settings" aria-label={words.title}>
      <div class="settings-head">
        <label>
          {words.search}
          <input
            type="search"
            value={query}
            onInput={({ currentTarget }) => search(currentTarget.value.trim())}
          />
        </label>
        <output>{query !== "" && words.found(count)}</output>
        <PresetChoice />
        <RecipeChoice />
      </div>
      <DraftBar />
      {GROUPS.map((group) => (
        <GroupFields key={group} group={group} found={found} isSearching={query !== ""} />
      ))}
    </section>
  );
}

/** Goes back to a preset as a whole. */
function PresetChoice() {
  const words = inside().settings;
  const names = Object.keys(PRESETS) as PresetName[];
  const same = names.find((name) => differences(PRESETS[name], draft.value).length === 0);
  return (
    <label>
      {words.preset}
      <select
        value={same ?? ""}
        onChange={({ currentTarget }) => {
          draft.value = PRESETS[currentTarget.value as PresetName];
        }}
      >
        {same === undefined && <option value="">{words.ownSettings}</option>}
        {names.map((name) => (
          <option key={name} value={name} title={words.presetNotes[name] ?? PRESET_NOTES[name]}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Lays a recipe over the settings. */
function RecipeChoice() {
  const words = inside().recipes;
  const name = offers.value.find(({ isInForce }) => isInForce)?.recipe.name;
  const use = (chosen: string) => {
    const outcome = offers.value.find(({ recipe }) => recipe.name === chosen)?.outcome;
    if (outcome !== undefined && isConfig(outcome)) draft.value = outcome;
  };
  return (
    <label>
      {words.choice}
      <select value={name ?? ""} onChange={({ currentTarget }) => use(currentTarget.value)}>
        {name === undefined && <option value="">{words.none}</option>}
        {offers.value.map(({ recipe, outcome }) => (
          <option key={recipe.name} value={recipe.name} disabled={!isConfig(outcome)}>
            {recipe.title}
          </option>
        ))}
      </select>
    </label>
  );
}

function GroupFields({
  group,
  found,
  isSearching,
}: {
  group: SettingGroup;
  found: (setting: SettingDescription) => boolean;
  isSearching: boolean;
}) {
  const words = inside().settings;
  const [open, setOpen] = useState(group === "rl");
  const settings = settingsOf(group).filter(found);
  if (settings.length === 0) return null;
  const changed = settings.filter(({ path }) => changedPaths.value.has(path)).length;
  return (
    <details open={open || isSearching} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {words.groups[group]} {changed > 0 && <small>{words.changed(changed)}</small>}
      </summary>
      {(open || isSearching) && settings.map((setting) => <AnyField key={setting.path} setting={setting} />)}
    </details>
  );
}

/** The few settings that are lists or objects have fields of their own. */
function AnyField({ setting }: { setting: SettingDescription }) {
  switch (setting.path) {
    case "task.name":
      return <TaskField setting={setting} />;
    case "task.settings":
      return <TaskSettings setting={setting} />;
    case "task.levelWeights":
      return <LevelWeights setting={setting} />;
    case "schedule.stages":
      return (
        <FieldFrame setting={setting} isGroup>
          {() => <StageTable />}
        </FieldFrame>
      );
    default:
      return <SettingField setting={setting} />;
  }
}

function TaskField({ setting }: { setting: SettingDescription }) {
  return (
    <FieldFrame setting={setting}>
      {(id, describedBy) => (
        <Choice
          id={id}
          aria-describedby={describedBy}
          options={[...TASKS.keys()]}
          value={draft.value.task.name}
          change={(name) => {
            draft.value = withTask(draft.value, name);
          }}
        />
      )}
    </FieldFrame>
  );
}

/** The task's own settings; those that are left at their defaults do not stand in the config. */
function TaskSettings({ setting }: { setting: SettingDescription }) {
  const { name, settings } = draft.value.task;
  const definition = TASKS.get(name);
  const descriptions = inside().settings.taskSettings;
  const change = (key: string, value: number, usual: number) => {
    const { [key]: _, ...others } = settings;
    const next = value === usual ? others : { ...others, [key]: value };
    editDraft("task.settings", next);
  };
  return (
    <FieldFrame setting={setting} isGroup>
      {() => (
        <div class="field-list">
          {Object.entries(definition?.settings ?? {}).map(
            ([key, { description, minimum, maximum, default: usual }]) => (
              <NumberField
                key={key}
                label={key}
                note={descriptions[key] ?? description}
                value={settings[key] ?? usual}
                change={(value) => change(key, value, usual)}
                least={minimum}
                most={maximum}
              />
            ),
          )}
        </div>
      )}
    </FieldFrame>
  );
}

function LevelWeights({ setting }: { setting: SettingDescription }) {
  const { name, settings, levelWeights } = draft.value.task;
  const levels = TASKS.has(name) ? createTask(name, settings).levels : [];
  const weights = levels.map((_, level) => (levelWeights.length === 0 ? 1 : (levelWeights[level] ?? 0)));
  const change = (level: number, weight: number) => {
    const next = weights.map((old, index) => (index === level ? weight : old));
    const isEven = next.every((one) => one === 1);
    editDraft("task.levelWeights", isEven ? [] : next);
  };
  return (
    <FieldFrame setting={setting} isGroup>
      {() => (
        <div class="field-list">
          {levels.map((level, index) => (
            <NumberField
              key={level.name}
              label={chartWords().level(level.name)}
              value={weights[index]!}
              change={(weight) => change(index, weight)}
              least={0}
            />
          ))}
        </div>
      )}
    </FieldFrame>
  );
}
