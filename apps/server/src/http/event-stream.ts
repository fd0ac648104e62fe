import { once } from 'node:events';
import type { Clock, Timer } from '@mayfly/contracts';
import type { FastifyReply } from 'fastify';

/** Proxies close connections that stay silent for longer. */
const KEEP_ALIVE_MS = 15_000;

/** One answer of server-sent events. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #keepAlive: Timer | undefined;

  constructor(reply: FastifyReply, clock: Clock, serverCloses: AbortSignal) {
    this.#reply = reply;
    this.#clock = clock;
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    reply.raw.write(': mayfly\n\n');
    reply.raw.on('close', () => this.#closed.abort());
    serverCloses.addEventListener('abort', () => this.end(), { signal: this.#closed.signal });
    this.#beat();
  }

  /** Aborts when the client has gone or the server ends. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Resolves when there is room for more, so that a slow reader cannot fill the memory. */
  async send(event: string, data: unknown, id?: string): Promise<void> {
    if (this.closed.aborted) return;
    const head = id === undefined ? '' : `id: ${id}\n`;
    const full = !this.#reply.raw.write(
      `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    if (!full) return;
    await once(this.#reply.raw, 'drain', { signal: this.closed }).catch((error: unknown) => {
      if (!this.closed.aborted) throw error;
    });
  }

  end(): void {
    this.#keepAlive?.cancel();
    this.#closed.abort();
    this.#reply.raw.end();
  }

  #beat(): void {
    this.#keepAlive = this.#clock.after(KEEP_ALIVE_MS, () => {
      if (this.closed.aborted) return;
      this.#reply.raw.write(': still here\n\n');
      this.#beat();
    });
  }
}
