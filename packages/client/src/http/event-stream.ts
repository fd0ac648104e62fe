import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { backOffMs, pause } from './back-off.ts';
import type { Call } from './call.ts';
import { explainUnreachable } from './explain-unreachable.ts';
import { CallFailure } from './failure.ts';
import type { OpenStream, Transport } from './transport.ts';

/** One server-sent event; `null` says that the stream was cut off and has come back. */
export type StreamEvent = { name: string; data: unknown } | null;

/**
 * Reads server-sent events, and comes back by itself after a cut, from behind the last event that
 * had an id. Ends when the consumer leaves; the server's end of a stream counts as a cut.
 *
 * @throws MayflyError when the server refuses, or stays away for longer than `reconnectMs`
 */
export async function* readEvents(
  transport: Transport,
  call: Omit<Call, 'method' | 'repeatable'>,
): AsyncGenerator<StreamEvent> {
  let lastId: string | undefined;
  let stream = await transport.stream(toCall(call, lastId));
  for (;;) {
    try {
      for await (const message of parse(transport, call, stream)) {
        lastId = message.id ?? lastId;
        yield { name: message.event ?? 'message', data: JSON.parse(message.data) };
      }
    } finally {
      stream.close();
    }
    stream = await comeBack(transport, toCall(call, lastId));
    yield null;
  }
}

function toCall(call: Omit<Call, 'method' | 'repeatable'>, lastId: string | undefined): Call {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastId !== undefined) headers['last-event-id'] = lastId;
  return { ...call, method: 'GET', repeatable: true, headers };
}

/** Ends at a cut, whichever kind it is. */
async function* parse(
  transport: Transport,
  { signal }: Pick<Call, 'signal'>,
  stream: OpenStream,
): AsyncGenerator<EventSourceMessage> {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void messages.push(message) });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream.body) {
      stream.heard();
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* messages.splice(0);
    }
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    const { passing, error } = explainUnreachable(thrown, transport.settings.baseUrl);
    if (!passing) throw error;
  }
}

async function comeBack(transport: Transport, call: Call): Promise<OpenStream> {
  const { clock, reconnectMs } = transport.settings;
  const until = clock.monotonic() + reconnectMs;
  let retryAfterMs = 0;
  for (let tries = 1; ; tries++) {
    await pause(clock, backOffMs(tries, retryAfterMs), call.signal);
    try {
      return await transport.openStream(call);
    } catch (thrown) {
      if (!(thrown instanceof CallFailure)) throw thrown;
      if (!thrown.passing || clock.monotonic() >= until) throw thrown.error;
      retryAfterMs = thrown.retryAfterMs;
    }
  }
}
