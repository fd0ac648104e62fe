import type { ApiKeyCreation, ApiKeyView, CreatedApiKey } from '@mayfly/contracts';
import { changing, reading, type CallOptions } from './http/call.ts';
import type { Transport } from './http/transport.ts';

const PATH = '/api/api-keys';

/** API keys; for keys with the claim `admin`. */
export class ApiKeys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Every key, without its secret part. */
  async list(options: CallOptions = {}): Promise<ApiKeyView[]> {
    const answer = await this.#transport.json<{ items: ApiKeyView[] }>(
      reading(PATH, undefined, options),
    );
    return answer.items;
  }

  /** Makes a key. Its `key` is in this answer and never shown again. */
  create(creation: ApiKeyCreation, options: CallOptions = {}): Promise<CreatedApiKey> {
    return this.#transport.json(changing('POST', PATH, creation, options));
  }

  /** @throws MayflyError `key.not_found` */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    const path = `${PATH}/${encodeURIComponent(id)}`;
    return this.#transport.json(changing('DELETE', path, undefined, options));
  }
}
