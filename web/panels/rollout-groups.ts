/** A rollout as it is looked into: the responses to one prompt together, the prompts by difficulty. */
import type { SampleRecord } from "../../src/train/records.ts";

export interface RolloutGroup {
  /** As in the records: the place of the prompt in the rollout. */
  readonly group: number;
  readonly level: number;
  readonly prompt: string;
  readonly answer: string;
  readonly samples: readonly SampleRecord[];
  /** Responses that are right. */
  readonly right: number;
  /** All advantages are 0: the group teaches nothing. Never so where a method has none. */
  readonly dead: boolean;
}

export interface RolloutLevel {
  readonly level: number;
  readonly groups: readonly RolloutGroup[];
  readonly right: number;
  readonly responses: number;
  readonly dead: number;
}

/**
 * The groups of a rollout, in the order of their prompts.
 * @param isWeighted whether responses are learned from by their advantage.
 */
export function groupsOf(samples: readonly SampleRecord[], isWeighted = true): RolloutGroup[] {
  const byGroup = new Map<number, SampleRecord[]>();
  for (const sample of samples) {
    const known = byGroup.get(sample.group);
    if (known === undefined) byGroup.set(sample.group, [sample]);
    else known.push(sample);
  }
  return [...byGroup].map(([group, members]) => {
    const { level, prompt, answer } = members[0]!;
    return {
      ...{ group, level, prompt, answer, samples: members },
      right: members.filter(({ correct }) => correct).length,
      dead: isWeighted && members.every(({ advantage }) => advantage === 0),
    };
  });
}

/** The groups by difficulty, easiest first; difficulties that were not drawn are left out. */
export function levelsOf(groups: readonly RolloutGroup[]): RolloutLevel[] {
  const levels = [...new Set(groups.map(({ level }) => level))].sort((a, b) => a - b);
  return levels.map((level) => {
    const members = groups.filter((group) => group.level === level);
    return {
      level,
      groups: members,
      right: members.reduce((sum, { right }) => sum + right, 0),
      responses: members.reduce((sum, { samples }) => sum + samples.length, 0),
      dead: members.filter(({ dead }) => dead).length,
    };
  });
}

/** What is shown first: the first group that mixes right and wrong, else the first. */
export function firstWorthSeeing(groups: readonly RolloutGroup[]): RolloutGroup | undefined {
  return groups.find(({ dead }) => !dead) ?? groups[0];
}

/** How a response would fare if the budget were `budget` instead; a response that was cut stays cut. */
export type Verdict = "right" | "wrong" | "cut";

export function verdictUnder(
  { length, truncated, correct }: Pick<SampleRecord, "length" | "truncated" | "correct">,
  budget: number,
): Verdict {
  if (truncated || length > budget) return "cut";
  return correct ? "right" : "wrong";
}
