import { MayflyError, systemClock, type Clock } from '@mayfly/contracts';

export interface ClientOptions {
  /** Address of the server, such as `http://127.0.0.1:2424`. A path in it is kept. */
  url: string;
  apiKey?: string | undefined;
  /** Default: the `fetch` of Node. */
  fetch?: typeof fetch | undefined;
  /** Longest wait for one answer. Default 30 s. */
  timeoutMs?: number | undefined;
  /** How often a call that is safe to repeat is tried again after a passing failure. Default 3. */
  retries?: number | undefined;
  /** How long a stream or a wait that was cut off tries to come back. Default 60 s. */
  reconnectMs?: number | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** Complete and checked; nothing further in looks at what was left out. */
export interface ClientSettings {
  /** Without a slash at its end. */
  baseUrl: string;
  apiKey: string | null;
  fetch: typeof fetch;
  timeoutMs: number;
  retries: number;
  reconnectMs: number;
  clock: Clock;
}

const DEFAULTS = { timeoutMs: 30_000, retries: 3, reconnectMs: 60_000 } as const;

/** What HTTP takes as a header; keys are made of fewer characters still. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;

/** @throws MayflyError when the address or the key cannot be one */
export function resolveOptions(options: ClientOptions): ClientSettings {
  const { timeoutMs, retries, reconnectMs, clock = systemClock } = options;
  return {
    baseUrl: resolveUrl(options.url),
    apiKey: resolveKey(options.apiKey),
    // Looked up at each call, so that what instruments the global one later is seen.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    timeoutMs: timeoutMs ?? DEFAULTS.timeoutMs,
    retries: retries ?? DEFAULTS.retries,
    reconnectMs: reconnectMs ?? DEFAULTS.reconnectMs,
    clock,
  };
}

function resolveUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash) {
    return url.href.replace(/\/+$/, '');
  }
  throw new MayflyError(
    'server.unreachable',
    `${text} is no address of a server. Give one such as http://127.0.0.1:2424.`,
  );
}

function resolveKey(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  if (HEADER_TEXT.test(text)) return text;
  throw new MayflyError(
    'auth.unknown_key',
    'The API key holds white space or characters that no key has. Check what was copied.',
  );
}
