import { MayflyError } from '@mayfly/contracts';
import { CallFailure } from './failure.ts';

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Values of a query; what is undefined is left out, an array is repeated. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** One request, before it is tried. */
export interface Call extends CallOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with a slash; parts that come from outside are encoded. */
  path: string;
  query?: Query | undefined;
  headers?: Record<string, string> | undefined;
  body?: unknown;
  /** True: trying again cannot do anything twice. */
  repeatable: boolean;
  /** Time that the server takes on purpose, on top of the usual wait for an answer. */
  extraTimeMs?: number | undefined;
}

/** A call that only reads. */
export function reading(path: string, query: Query | undefined, options: CallOptions): Call {
  return { method: 'GET', path, query, repeatable: true, signal: options.signal };
}

/** A call that changes something, and may have done so even when its answer was lost. */
export function changing(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  options: CallOptions,
): Call {
  return { method, path, body, repeatable: false, signal: options.signal };
}

/** @throws CallFailure for an id that would make the path another one */
export function toUrl(baseUrl: string, { path, query = {} }: Pick<Call, 'path' | 'query'>): string {
  if (/\/\.{0,2}(\/|$)/.test(path)) {
    const detail = `${path} is no path of the API: an id in it is empty or made of dots.`;
    throw new CallFailure(new MayflyError('request.bad_query', detail));
  }
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
  }
  return `${baseUrl}${path}${search.size > 0 ? `?${search.toString()}` : ''}`;
}
