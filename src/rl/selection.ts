import type { MethodSettings, RatedGroup, Trace } from "./method.ts";

export type Chosen = MethodSettings["chosen"];

/** The right responses of a group, from short to long; equal lengths in the order of their sampling. */
export function rightResponses({ samples }: RatedGroup): (readonly number[])[] {
  return samples
    .filter(({ correct }) => correct)
    .map(({ response }) => response)
    .sort((a, b) => a.length - b.length);
}

/**
 * Of some right responses, given from short to long, those that a method learns from: the shortest, each cut
 * behind its first or second right solution, or all.
 */
export function chosenAmong(
  right: readonly (readonly number[])[],
  chosen: Chosen,
  cutAfterSolution: RatedGroup["cutAfterSolution"],
): (readonly number[])[] {
  const cutAfter = (count: number) =>
    right.map((response) => cutAfterSolution(response, count)).filter((cut) => cut !== null);
  switch (chosen) {
    case "shortest":
      return right.slice(0, 1);
    case "first-solution":
      return cutAfter(1);
    case "reflection":
      return cutAfter(2);
    case "all":
      return [...right];
  }
}

/** What rejection sampling keeps: of each group the chosen right responses, equal ones once. */
export function chosenTraces(groups: readonly RatedGroup[], chosen: Chosen): Trace[] {
  return groups.flatMap((group) => {
    const responses = chosenAmong(rightResponses(group), chosen, group.cutAfterSolution);
    return distinct(responses).map((response) => ({ prompt: group.prompt, response }));
  });
}

function distinct(responses: readonly (readonly number[])[]): (readonly number[])[] {
  return [...new Map(responses.map((response) => [response.join(), response])).values()];
}
