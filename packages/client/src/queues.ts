import type { QueueChange, QueueView } from '@mayfly/contracts';
import { changing, reading, type Call, type CallOptions } from './http/call.ts';
import type { Transport } from './http/transport.ts';

const PATH = '/api/queues';

/** Queues: what waits where, pause and limits. Changes are for keys with the claim `admin`. */
export class Queues {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Every queue that has had a task or has limits. */
  async list(options: CallOptions = {}): Promise<QueueView[]> {
    const answer = await this.#transport.json<{ items: QueueView[] }>(
      reading(PATH, undefined, options),
    );
    return answer.items;
  }

  /** @throws MayflyError `queue.not_found` */
  get(name: string, options: CallOptions = {}): Promise<QueueView> {
    return this.#transport.json(reading(pathOf(name), undefined, options));
  }

  /** Sets limits, also of a queue that is to come. Null takes one away, undefined leaves it. */
  set(name: string, change: QueueChange, options: CallOptions = {}): Promise<QueueView> {
    return this.#transport.json(settingOf('PUT', pathOf(name), change, options));
  }

  /**
   * When this resolves, no task of the queue starts any more; what runs goes on.
   *
   * @throws MayflyError `queue.not_found`
   */
  pause(name: string, options: CallOptions = {}): Promise<QueueView> {
    return this.#transport.json(settingOf('POST', pathOf(name, '/pause'), undefined, options));
  }

  /** @throws MayflyError `queue.not_found` */
  resume(name: string, options: CallOptions = {}): Promise<QueueView> {
    return this.#transport.json(settingOf('POST', pathOf(name, '/resume'), undefined, options));
  }
}

/** Setting the same again changes nothing, so it is safe to try again. */
function settingOf(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
  options: CallOptions,
): Call {
  return { ...changing(method, path, body, options), repeatable: true };
}

function pathOf(name: string, rest = ''): string {
  return `${PATH}/${encodeURIComponent(name)}${rest}`;
}
