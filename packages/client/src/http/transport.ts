import type { ClientSettings } from '../options.ts';
import { backOffMs, pause } from './back-off.ts';
import { toUrl, type Call } from './call.ts';
import { Deadline } from './deadline.ts';
import { answeredTooLate, explainUnreachable } from './explain-unreachable.ts';
import { CallFailure } from './failure.ts';
import { parseAnswer, readFailure, requireEventStream } from './read-answer.ts';

/** A stream of server-sent events whose head has come. */
export interface OpenStream {
  body: AsyncIterable<Uint8Array>;
  /** Tells that something has come: the stream is alive. */
  heard(): void;
  close(): void;
}

/** The server beats every 15 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 45_000;

/** Makes requests: credentials, time limits, retries of what is safe, typed errors. */
export class Transport {
  readonly settings: ClientSettings;

  constructor(settings: ClientSettings) {
    this.settings = settings;
  }

  /** @throws MayflyError, or the reason of the call's signal */
  async json<T>(call: Call): Promise<T> {
    return (await this.#retrying(call, () => this.#exchange(call))) as T;
  }

  /** @throws MayflyError, or the reason of the call's signal */
  stream(call: Call): Promise<OpenStream> {
    return this.#retrying(call, () => this.openStream(call));
  }

  /**
   * One try. @throws CallFailure, or the reason of the call's signal
   */
  async openStream(call: Call): Promise<OpenStream> {
    const { clock, timeoutMs, baseUrl } = this.settings;
    const head = new Deadline(clock, timeoutMs);
    const silence = new Deadline(clock, SILENCE_MS);
    const signal = silence.with(head.with(call.signal));
    try {
      const response = await this.#send(call, signal);
      if (!response.ok) throw readFailure(response, await response.text());
      requireEventStream(response);
      head.lift();
      silence.extend();
      return {
        body: response.body ?? emptyBody(),
        heard: () => silence.extend(),
        close: () => silence.abort(),
      };
    } catch (thrown) {
      head.lift();
      silence.abort();
      if (head.passed) throw answeredTooLate(baseUrl, timeoutMs);
      throw this.#explain(call, thrown);
    }
  }

  async #exchange(call: Call): Promise<unknown> {
    const { clock, baseUrl } = this.settings;
    const limitMs = this.settings.timeoutMs + (call.extraTimeMs ?? 0);
    const deadline = new Deadline(clock, limitMs);
    try {
      const response = await this.#send(call, deadline.with(call.signal));
      const text = await response.text();
      if (!response.ok) throw readFailure(response, text);
      return response.status === 204 ? undefined : parseAnswer(response, text);
    } catch (thrown) {
      if (deadline.passed) throw answeredTooLate(baseUrl, limitMs);
      throw this.#explain(call, thrown);
    } finally {
      deadline.lift();
    }
  }

  #send(call: Call, signal: AbortSignal): Promise<Response> {
    const { baseUrl, apiKey, fetch } = this.settings;
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
    if (apiKey !== null) headers['x-apikey'] = apiKey;
    const init: RequestInit = { method: call.method, headers, signal };
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(call.body);
    }
    return fetch(toUrl(baseUrl, call), init);
  }

  #explain(call: Call, thrown: unknown): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    return thrown instanceof CallFailure
      ? thrown
      : explainUnreachable(thrown, this.settings.baseUrl);
  }

  async #retrying<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    const { clock, retries } = this.settings;
    for (let tries = 1; ; tries++) {
      try {
        call.signal?.throwIfAborted();
        return await attempt();
      } catch (thrown) {
        if (!(thrown instanceof CallFailure)) throw thrown;
        if (!thrown.passing || !call.repeatable || tries > retries) throw thrown.error;
        await pause(clock, backOffMs(tries, thrown.retryAfterMs), call.signal);
      }
    }
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // An answer without a body is a stream that has ended.
}
