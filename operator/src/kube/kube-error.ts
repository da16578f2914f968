/** The API server said no, or said nothing. */
export class KubeError extends Error {
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  /** The API server's own word, e.g. `AlreadyExists`, `Forbidden`. */
  readonly reason: string;
  /** How long the API server asks to wait, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Trying again later may help without anybody doing anything. */
  get transient(): boolean {
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

export function isStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

/** A watch whose position is too old: list again. */
export function isGone(error: unknown): boolean {
  return isStatus(error, 410);
}
