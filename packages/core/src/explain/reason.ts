import type { ExplanationCode, ExplanationReason } from '@mayfly/contracts';

/** @param at when it ends, or when it came to be so; null when that is open */
export function reason(
  code: ExplanationCode,
  message: string,
  at: string | null = null,
): ExplanationReason {
  return { code, message, at };
}
