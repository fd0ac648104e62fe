import { MayflyError, toProblem, type ErrorCode } from '@mayfly/contracts';
import { ExitError } from './exit-error.ts';
import type { Terminal } from './output/terminal.ts';

/** Remedies that read differently on a command line. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  'auth.missing_key':
    'No API key is known here. Give --api-key or MAYFLY_API_KEY, or work in the folder of `mayfly dev`.',
  'auth.unknown_key':
    'The server does not know this API key. Check --api-key or MAYFLY_API_KEY for typing errors.',
};

/**
 * Tells an error in one line on stderr; where it arose only with `--log-level debug`.
 *
 * @returns the exit code
 */
export function reportError(terminal: Terminal, thrown: unknown, words: readonly string[]): number {
  const error = thrown instanceof ExitError ? thrown.cause : thrown;
  const known = MayflyError.from(error);
  if (words.includes('--json')) terminal.noteJson(toProblem(known));
  else terminal.note((HINTS[known.code] ?? known.message).trim().replaceAll(/\s*\n\s*/g, ' '));
  if (wantsDebug(words) && error instanceof Error) terminal.note(error.stack ?? '');
  return thrown instanceof ExitError ? thrown.exitCode : 1;
}

function wantsDebug(words: readonly string[]): boolean {
  return /--log-level[= ]debug/.test(words.join(' '));
}
