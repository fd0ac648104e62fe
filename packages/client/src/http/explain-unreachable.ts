import { MayflyError } from '@mayfly/contracts';
import { CallFailure } from './failure.ts';

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
};

/** Trying again does not cure these. */
const LASTING = new Set(['ENOTFOUND']);

/** Turns what `fetch` throws into the error that tells what to do. */
export function explainUnreachable(thrown: unknown, baseUrl: string): CallFailure {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = codeOf(cause);
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  const error = new MayflyError(
    'server.unreachable',
    `No Mayfly server can be reached at ${baseUrl} (${reason || code}). ` +
      'Start one with `mayfly dev`, or correct the address.',
    { cause: thrown },
  );
  return new CallFailure(error, { passing: !LASTING.has(code) });
}

/** The server has taken the request and says nothing. Trying again would only wait longer. */
export function answeredTooLate(baseUrl: string, timeoutMs: number): CallFailure {
  return new CallFailure(
    new MayflyError(
      'server.unreachable',
      `The server at ${baseUrl} has not answered within ${timeoutMs} ms. ` +
        'Look whether it is overloaded, or allow more time with timeoutMs.',
    ),
  );
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error) || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}
