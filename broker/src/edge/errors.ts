/** Base of every error of our own: a stable code, what it is about, and what to do. */
export class ChronikError extends Error {
  /** Stable, upper snake case, e.g. `STORE_UNREACHABLE`; documented in docs/operations.md. */
  readonly code: string;
  /** What the user can do about it; printed on its own line. */
  readonly remedy: string;
  /** Values that help to find the cause. Never secrets. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { remedy?: string; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = options.remedy ?? '';
    this.details = options.details ?? {};
  }
}

/** True for any ChronikError (also one of another copy of this module) that carries `code`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * An internal promise is broken. Never caught and ignored: the process ends, because going on could lose a record.
 * Assertions stay on in production.
 */
export class InvariantError extends ChronikError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super('INVARIANT', message, { remedy: 'This is a bug in Chronik; restart the broker and report it.', details });
  }
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(
  condition: boolean,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new InvariantError(message, details);
}
