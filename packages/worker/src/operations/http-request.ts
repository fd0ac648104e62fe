import { lookup as resolve } from 'node:dns';
import {
  bytesToJson,
  type Clock,
  type HttpRequestParams,
  type JsonObject,
} from '@mayfly/contracts';
import { Agent, errors, request, type Dispatcher } from 'undici';
import type { HandlerContext } from '../handler/handler.ts';
import { HandlerError } from '../isolation/job-error.ts';
import { guardedLookup, isPrivateLiteral, refusedAddress } from './address-guard.ts';

export interface HttpSettings {
  /** True lets tasks reach addresses of the worker's own network. */
  allowPrivateAddresses: boolean;
  clock: Clock;
}

export interface HttpOperation {
  run(params: HttpRequestParams, context: HandlerContext): Promise<JsonObject>;
  close(): Promise<void>;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers that must not follow a redirect to another origin. */
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * The `http.request` operation. The address is checked where the connection is made, after the name
 * has been resolved, so a name that changes its address between check and use gains nothing.
 */
export function createHttpOperation(settings: HttpSettings): HttpOperation {
  const agent = new Agent({
    connect: { lookup: settings.allowPrivateAddresses ? resolve : guardedLookup },
    maxHeaderSize: 64 * 1024,
    keepAliveTimeout: 1000,
  });
  return {
    run: (params, context) => runWithin(settings, agent, params, context.signal),
    close: () => agent.destroy(),
  };
}

async function runWithin(
  settings: HttpSettings,
  agent: Agent,
  params: HttpRequestParams,
  signal: AbortSignal,
): Promise<JsonObject> {
  const timeout = new AbortController();
  const timer = settings.clock.after(params.timeoutMs, () => timeout.abort());
  try {
    const either = AbortSignal.any([signal, timeout.signal]);
    return await follow(settings, agent, params, either);
  } catch (error) {
    if (timeout.signal.aborted && !signal.aborted) {
      throw new HandlerError('http.timeout', `No complete answer within ${params.timeoutMs} ms.`);
    }
    throw signal.aborted ? error : explain(error, params);
  } finally {
    timer.cancel();
  }
}

async function follow(
  settings: HttpSettings,
  agent: Agent,
  params: HttpRequestParams,
  signal: AbortSignal,
): Promise<JsonObject> {
  let url = parseUrl(params.url);
  let { method, headers, body } = params;
  for (let redirects = 0; ; redirects++) {
    guardLiteral(url, settings);
    const answer = await request(url, {
      method,
      headers,
      body: body ?? null,
      dispatcher: agent,
      signal,
    });
    const next = REDIRECTS.has(answer.statusCode) ? answer.headers['location'] : undefined;
    if (params.maxRedirects === 0 || typeof next !== 'string') {
      return await toResult(url, answer, params.maxBytes, redirects);
    }
    await answer.body.dump();
    if (redirects >= params.maxRedirects) {
      throw new HandlerError(
        'http.too_many_redirects',
        `More than ${params.maxRedirects} redirects.`,
      );
    }
    const target = parseUrl(next, url);
    if (target.origin !== url.origin) headers = withoutSecrets(headers);
    if (becomesGet(answer.statusCode, method)) [method, body] = ['GET', undefined];
    url = target;
  }
}

async function toResult(
  url: URL,
  answer: Dispatcher.ResponseData,
  maxBytes: number,
  redirects: number,
): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      answer.body.destroy();
      throw new HandlerError('http.too_large', `The response is larger than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return {
    status: answer.statusCode,
    url: url.href,
    redirects,
    headers: Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [name, value ?? '']),
    ),
    body: bytesToJson(Buffer.concat(chunks)),
  };
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new HandlerError(
    'task.invalid_params',
    'The url must be a complete http or https address.',
  );
}

function guardLiteral(url: URL, { allowPrivateAddresses }: HttpSettings): void {
  if (!allowPrivateAddresses && isPrivateLiteral(url)) throw refusedAddress(url.hostname);
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name.toLowerCase())),
  );
}

function becomesGet(status: number, method: string): boolean {
  return status === 303
    ? method !== 'HEAD'
    : (status === 301 || status === 302) && method === 'POST';
}

function explain(error: unknown, params: HttpRequestParams): unknown {
  if (error instanceof HandlerError) return error;
  if (!(error instanceof errors.UndiciError) && !(error instanceof Error && 'code' in error))
    return error;
  return new HandlerError('http.bad_response', `${params.method} failed: ${error.message}.`);
}
