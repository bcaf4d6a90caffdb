/** What went wrong, as a word that programs can test and a page can translate. */
export type ErrorCode =
  | "webgpu-unavailable"
  | "adapter-unavailable"
  | "device-lost"
  | "out-of-memory"
  | "validation"
  | "shader-compilation"
  | "limit-exceeded"
  | "config-invalid"
  | "input-invalid"
  | "checkpoint-invalid"
  | "storage-failed"
  | "numerics-failed"
  /** A file that should come over the network did not. */
  | "network-failed"
  /** Another tab has the run. */
  | "run-locked"
  /** A page's worker is gone. */
  | "worker-died"
  /** A fault of bellows itself. */
  | "defect";

/** An error as plain data: what crosses a worker, a file or `--json` output. */
export interface ErrorData {
  readonly name: "BellowsError";
  readonly code: ErrorCode;
  readonly message: string;
  /** What the reader can do about it; empty where nothing is known. */
  readonly hint: string;
  /** The config path, flag or file field at fault, where there is one. */
  readonly field?: string;
}

/**
 * The one error class of bellows. A message names the field, the value it had and what would be right;
 * callers branch on `code` and never on the text.
 */
export class BellowsError extends Error {
  override readonly name = "BellowsError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly field: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; field?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? "";
    this.field = options.field;
  }

  toData(): ErrorData {
    const { name, code, message, hint, field } = this;
    return field === undefined ? { name, code, message, hint } : { name, code, message, hint, field };
  }

  static fromData(data: ErrorData): BellowsError {
    return new BellowsError(data.code, data.message, {
      hint: data.hint,
      ...(data.field === undefined ? {} : { field: data.field }),
    });
  }
}

/**
 * The error for a value that cannot be right: `throw invalid("config-invalid", "schedule.lmin", 90, "at most 80")`.
 */
export function invalid(code: ErrorCode, field: string, value: unknown, right: string): BellowsError {
  return new BellowsError(code, `${field} is ${String(value)}; it must be ${right}`, { field });
}
