import { useEffect } from "preact/hooks";
import { refreshLibrary } from "../state/library.ts";
import { device, savedStep, state } from "../state/model.ts";
import { attempt } from "../state/session.ts";

/**
 * Keeps the list of stored runs and their checkpoints in step with the run, while a panel that shows it is open. The worker has
 * them without a GPU, too.
 */
export function useFreshLibrary(): void {
  const { value } = device;
  const isWorking = value !== null && (!("code" in value) || value.code.endsWith("-unavailable"));
  useEffect(() => {
    if (isWorking) void attempt(refreshLibrary);
  }, [isWorking, savedStep.value, state.value]);
}
