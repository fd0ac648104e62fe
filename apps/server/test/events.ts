export interface ServerEvent {
  event: string;
  id: string | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely by tests
  data: any;
}

/** Reads server-sent events one by one. Independent of the client package, as a check of both. */
export async function* readEvents(
  url: string,
  headers: Record<string, string>,
): AsyncGenerator<ServerEvent> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
  try {
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string): string | undefined =>
          block
            .split('\n')
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2);
        const event = field('event');
        if (event) yield { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') };
      }
    }
  } finally {
    stop.abort();
  }
}

/** Collects events until one matches. */
export async function collectUntil(
  events: AsyncGenerator<ServerEvent>,
  last: (event: ServerEvent) => boolean,
): Promise<ServerEvent[]> {
  const collected: ServerEvent[] = [];
  for await (const event of events) {
    collected.push(event);
    if (last(event)) break;
  }
  return collected;
}
