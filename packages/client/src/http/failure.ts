import type { MayflyError } from '@mayfly/contracts';

/** A call that went wrong, and whether it may go right when it is tried again. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly error: MayflyError;
  readonly passing: boolean;
  /** How long the server asks to wait before the next try. */
  readonly retryAfterMs: number;

  constructor(error: MayflyError, { passing = false, retryAfterMs = 0 } = {}) {
    super(error.message, { cause: error });
    this.error = error;
    this.passing = passing;
    this.retryAfterMs = retryAfterMs;
  }
}
