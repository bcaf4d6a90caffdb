import { BellowsError, type ErrorData } from "../errors.ts";
import type { Result } from "./protocol.ts";

/** Runs a command; what it throws becomes data. */
export async function attempt<T>(body: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await body() };
  } catch (error) {
    return { ok: false, error: errorData(error) };
  }
}

/** The value of a result. @throws BellowsError where it is an error. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw BellowsError.fromData(result.error);
}

/** Any exception as plain data. One that is no BellowsError is a defect, and says so. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof BellowsError) return error.toData();
  if (error instanceof RangeError && /allocation|memory/i.test(error.message)) {
    return new BellowsError("out-of-memory", `the browser is out of memory: ${error.message}`).toData();
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new BellowsError("defect", `bellows failed unexpectedly: ${message}`).toData();
}
