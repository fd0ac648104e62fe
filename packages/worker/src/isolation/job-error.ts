import { LIMITS, MayflyError } from '@mayfly/contracts';
import type { JobEnd } from './isolation.ts';

/** A failure whose code the thrower chose; its message goes to the task as it is. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a handler threw, as the end of its job. Any value can be thrown. */
export function toThrewEnd(error: unknown): JobEnd & { kind: 'threw' } {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return {
    kind: 'threw',
    code: codeOf(error),
    message: message.slice(0, LIMITS.errorMessageCharsMax),
  };
}

const CODE = /^[a-z0-9_.:-]{1,100}$/i;

function codeOf(error: unknown): string {
  const chosen =
    error instanceof MayflyError || (error instanceof Error && error.name === 'HandlerError')
      ? (error as { code?: unknown }).code
      : undefined;
  return typeof chosen === 'string' && CODE.test(chosen) ? chosen : 'attempt.failed';
}
