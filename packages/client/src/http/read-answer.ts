import { isErrorCode, MayflyError, type FieldError } from '@mayfly/contracts';
import { CallFailure } from './failure.ts';

/** Answers that a server, or what stands before it, gives while it comes or goes. */
const PASSING_STATUSES = new Set([502, 503, 504]);

/** @throws CallFailure when the text is not JSON: then it does not come from Mayfly */
export function parseAnswer(response: Response, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CallFailure(notMayfly(response, cause));
  }
}

/** @throws CallFailure when what comes is no stream of events */
export function requireEventStream(response: Response): void {
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) return;
  throw new CallFailure(notMayfly(response));
}

/** The error behind an answer that is no success, whoever it comes from. */
export function readFailure(response: Response, text: string): CallFailure {
  return new CallFailure(parseProblem(text) ?? notMayfly(response), {
    passing: PASSING_STATUSES.has(response.status),
    retryAfterMs: retryAfter(response),
  });
}

function parseProblem(text: string): MayflyError | undefined {
  const problem = parseObject(text);
  if (!problem) return undefined;
  const { type: _type, title, status, detail, code, errors: told, ...extra } = problem;
  if (typeof code !== 'string') return undefined;
  const sentence = typeof detail === 'string' ? detail : `${String(title)}.`;
  const errors = Array.isArray(told) ? (told as FieldError[]) : [];
  if (isErrorCode(code)) return new MayflyError(code, sentence, { errors, extra });
  // A server that is newer than this client.
  return new MayflyError('internal.error', sentence, { errors, extra: { ...extra, status, code } });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function notMayfly(response: Response, cause?: unknown): MayflyError {
  const { origin, pathname } = new URL(response.url);
  const kind = response.headers.get('content-type') ?? 'no content type';
  return new MayflyError(
    'server.unreachable',
    `${origin}${pathname} answered ${response.status} with ${kind}, which is not Mayfly's. ` +
      'Check the address, and what stands between here and the server.',
    { extra: { httpStatus: response.status }, cause },
  );
}

/** Only seconds: no Mayfly server sends a date. */
function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
