/** The budget L(t) as a curve with handles, beside its numbers. */
import type { TargetedPointerEvent } from "preact";
import { useRef } from "preact/hooks";
import { capAt, type LengthSchedule } from "../../src/rl/length-schedule.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import type { Config } from "../../src/train/config.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";
import { draftError, editDraft } from "../state/draft.ts";
import { current, draft, step } from "../state/model.ts";
import { inside } from "../text/insides.ts";
import { DraftBar } from "./draft-bar.tsx";
import { SettingField } from "./field.tsx";
import {
  axesOf,
  type Bounds,
  curvePath,
  curvePoints,
  type Handle,
  handlesOf,
  hasStages,
  moveHandle,
  type Point,
  withKind,
} from "./schedule-curve.ts";
import { StageTable } from "./stages.tsx";
import "./schedule.css";

/** Shapes that compress and expand. */
const CYCLIC: readonly string[] = ["cosine", "stair", "stair-cosine"];

export function ScheduleEditor() {
  const words = inside().schedule;
  const { schedule } = draft.value;
  const staged = hasStages(schedule);
  const fields = [
    "lmax",
    ...(schedule.kind === "constant" ? [] : ["lmin"]),
    ...(schedule.kind === "constant" || staged ? [] : ["cycle"]),
    ...(CYCLIC.includes(schedule.kind) ? ["compression"] : []),
    ...(schedule.kind === "stair" ? ["alignment"] : []),
  ];
  return (
    <section class="schedule" aria-label={words.title}>
      <ShapeChoice schedule={schedule} />
      <Curve config={draft.value} />
      <p class="schedule-note">{words.keys}</p>
      <div class="schedule-fields">
        {fields.map((name) => (
          <SettingField key={name} setting={SETTINGS.find(({ path }) => path === `schedule.${name}`)!} />
        ))}
      </div>
      {(schedule.kind === "staged" || schedule.kind === "staircase") && <StageTable />}
      <DraftBar />
    </section>
  );
}

const KINDS = SETTINGS.find(({ path }) => path === "schedule.kind")!
  .options as readonly LengthSchedule["kind"][];

/** The shapes as pictures to choose from. */
function ShapeChoice({ schedule }: { schedule: LengthSchedule }) {
  const words = inside().schedule;
  const { steps } = draft.value.rl;
  return (
    <fieldset class="shapes">
      <legend>{words.shape}</legend>
      <div class="shape-list">
        {KINDS.map((kind) => (
          <label key={kind} title={words.kindNotes[kind]}>
            <input
              type="radio"
              name="schedule-kind"
              checked={schedule.kind === kind}
              onChange={() => editDraft("schedule", withKind(schedule, kind, steps))}
            />
            <ShapePicture kind={kind} /> {words.kinds[kind]}
          </label>
        ))}
      </div>
      <p class="schedule-note">{words.kindNotes[schedule.kind]}</p>
    </fieldset>
  );
}

const PICTURE = { width: 44, height: 18, cycle: 20 } as const;

function ShapePicture({ kind }: { kind: LengthSchedule["kind"] }) {
  const { width, height, cycle } = PICTURE;
  const stages = kind === "staged" ? [4, 10, 16].map((cap, i) => ({ step: i * 14, cap })) : [];
  const schedule = {
    kind,
    lmax: height - 2,
    lmin: 4,
    cycle,
    compression: 0.5,
    alignment: "half",
    stages,
  } as const;
  const place = ({ step, cap }: Point) => ({ x: step, y: height - cap });
  return (
    <svg class="shape" width={width} height={height} aria-hidden="true">
      <path d={curvePath(curvePoints(schedule, width), width, place)} />
    </svg>
  );
}

const VIEW = { width: 460, height: 200, left: 32, right: 14, top: 14, bottom: 26 } as const;

/** Between steps and tokens on one side, and places of the drawing on the other. */
function scales(steps: number, top: number) {
  const { width, height, left, right, bottom } = VIEW;
  const inner = { x: width - left - right, y: height - VIEW.top - bottom };
  return {
    place: ({ step: at, cap }: Point) => ({
      x: left + (inner.x * at) / steps,
      y: VIEW.top + inner.y * (1 - cap / top),
    }),
    pointAt: (x: number, y: number): Point => ({
      step: ((x - left) / inner.x) * steps,
      cap: (1 - (y - VIEW.top) / inner.y) * top,
    }),
  };
}

function boundsOf({ task, model, rl }: Config): Bounds {
  const { levels, maxPromptTokens } = createTask(task.name, task.settings);
  return {
    steps: rl.steps,
    shortest: Math.min(...levels.map(({ shortestResponse }) => shortestResponse)),
    longest: model.max_position_embeddings - maxPromptTokens,
  };
}

function Curve({ config }: { config: Config }) {
  const words = inside().schedule;
  const svg = useRef<SVGSVGElement>(null);
  const dragged = useRef<Handle | null>(null);
  const error = draftError.value;
  // A schedule that is wrong, while it is being typed, has no curve; its field says why.
  if (error?.field?.startsWith("schedule.") || !TASKS.has(config.task.name)) {
    return <p class="schedule-none">{error?.message}</p>;
  }
  const { schedule, rl } = config;
  // A multiple of 20, so that its quarters are round.
  const top = Math.ceil((schedule.lmax * 1.1) / 20) * 20;
  const { place, pointAt } = scales(rl.steps, top);
  const bounds = boundsOf(config);
  const move = (handle: Handle, to: Point) => {
    editDraft("schedule", moveHandle(draft.value.schedule, handle, to, bounds));
  };
  const drag = (event: TargetedPointerEvent<SVGSVGElement>) => {
    if (dragged.current === null || svg.current === null) return;
    const { left, top: edge, width, height } = svg.current.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * VIEW.width;
    const y = ((event.clientY - edge) / height) * VIEW.height;
    move(dragged.current, pointAt(x, y));
  };
  const release = () => {
    dragged.current = null;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no native group within which SVG could be drawn
    <svg
      ref={svg}
      class="curve"
      viewBox={`0 0 ${VIEW.width} ${VIEW.height}`}
      role="group"
      aria-label={words.curve}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <Axes steps={rl.steps} top={top} place={place} />
      <path class="budget" d={curvePath(curvePoints(schedule, rl.steps), rl.steps, place)} />
      <CurrentStep config={config} place={place} />
      {handlesOf(schedule, bounds).map(([handle, point]) => (
        <CurveHandle
          key={handle}
          handle={handle}
          point={point}
          {...{ schedule, place, bounds }}
          grab={() => {
            dragged.current = handle;
          }}
          move={(to) => move(handle, to)}
        />
      ))}
    </svg>
  );
}

type Place = (point: Point) => { x: number; y: number };

function Axes({ steps, top, place }: { steps: number; top: number; place: Place }) {
  const words = inside().schedule;
  const caps = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * top));
  const at = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * steps));
  return (
    <g class="axes">
      {caps.map((cap) => {
        const { x, y } = place({ step: 0, cap });
        return (
          <g key={cap}>
            <line x1={x} x2={VIEW.width - VIEW.right} y1={y} y2={y} />
            <text x={x - 5} y={y + 4} text-anchor="end">
              {cap}
            </text>
          </g>
        );
      })}
      {at.map((step) => (
        <text key={step} x={place({ step, cap: 0 }).x} y={VIEW.height - 9} text-anchor="middle">
          {step}
        </text>
      ))}
      <text x={VIEW.left + 2} y={VIEW.top - 3}>
        {words.axis}
      </text>
    </g>
  );
}

function CurrentStep({ config, place }: { config: Config; place: Place }) {
  const at = Math.min(step.value, config.rl.steps);
  if (current.value === null) return null;
  const cap = capAt(config.schedule, at);
  const { x, y } = place({ step: at, cap });
  return (
    <g class="current">
      <line x1={x} x2={x} y1={VIEW.top} y2={VIEW.height - VIEW.bottom} />
      <circle cx={x} cy={y} r="3" />
      <text x={Math.min(x + 4, VIEW.width - 110)} y={VIEW.height - VIEW.bottom - 5}>
        {inside().schedule.now(at, cap)}
      </text>
    </g>
  );
}

/** One handle: arrows move it by one, with Shift by ten; Page Up and Page Down as Shift with the arrows up and down. */
function CurveHandle({
  handle,
  point,
  schedule,
  bounds,
  place,
  grab,
  move,
}: {
  handle: Handle;
  point: Point;
  schedule: LengthSchedule;
  bounds: Bounds;
  place: Place;
  grab: () => void;
  move: (to: Point) => void;
}) {
  const words = inside().schedule;
  const { x, y } = place(point);
  const axes = axesOf(handle);
  const isVertical = axes.cap;
  const stage = handle.startsWith("stage-") ? Number(handle.slice("stage-".length)) + 1 : null;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = keyMove(event, handle === "cycle");
    if (by === null) return;
    event.preventDefault();
    event.stopPropagation();
    const from = handle === "cycle" ? { step: schedule.cycle, cap: point.cap } : point;
    move({ step: from.step + by.step, cap: from.cap + by.cap });
  };
  return (
    <g
      class={`handle ${isVertical ? (axes.step ? "both" : "vertical") : "horizontal"}`}
      role="slider"
      tabindex={0}
      aria-label={stage === null ? words.handles[handle as "lmax" | "lmin" | "cycle"] : words.stage(stage)}
      aria-orientation={isVertical ? "vertical" : "horizontal"}
      aria-valuenow={isVertical ? point.cap : schedule.cycle}
      aria-valuemin={isVertical ? bounds.shortest : 2}
      aria-valuemax={isVertical ? bounds.longest : bounds.steps}
      aria-valuetext={
        stage === null
          ? isVertical
            ? words.tokens(point.cap)
            : words.steps(schedule.cycle)
          : words.stageAt(point.step, point.cap)
      }
      onPointerDown={(event) => {
        (event.currentTarget.ownerSVGElement as SVGSVGElement).setPointerCapture(event.pointerId);
        event.currentTarget.focus();
        event.preventDefault();
        grab();
      }}
      onKeyDown={onKeyDown}
    >
      <circle class="reach" cx={x} cy={y} r="14" />
      <circle class="knob" cx={x} cy={y} r="6" />
    </g>
  );
}

/** What a key moves by; null for other keys. A handle that goes one way takes both pairs of arrows. */
function keyMove(event: KeyboardEvent, isHorizontal: boolean): Point | null {
  const size = event.shiftKey ? 10 : 1;
  const moves: Readonly<Record<string, Point>> = {
    ArrowUp: isHorizontal ? { step: size, cap: 0 } : { step: 0, cap: size },
    ArrowDown: isHorizontal ? { step: -size, cap: 0 } : { step: 0, cap: -size },
    ArrowRight: { step: size, cap: 0 },
    ArrowLeft: { step: -size, cap: 0 },
    PageUp: isHorizontal ? { step: 10, cap: 0 } : { step: 0, cap: 10 },
    PageDown: isHorizontal ? { step: -10, cap: 0 } : { step: 0, cap: -10 },
  };
  return moves[event.key] ?? null;
}
