import type { ApiKeyView, Claim } from '@mayfly/contracts';
import type { KeyStore, NewApiKey } from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';

export class PostgresKeyStore implements KeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  addKey(key: NewApiKey): Promise<ApiKeyView> {
    return this.#save('insert-key', key);
  }

  putKey(key: NewApiKey): Promise<ApiKeyView> {
    return this.#save('put-key', key);
  }

  async #save(statement: string, key: NewApiKey): Promise<ApiKeyView> {
    const values = [
      key.id,
      key.name,
      key.prefix,
      key.hash,
      key.claims,
      key.expiresAt?.toISOString() ?? null,
    ];
    const [row] = await this.#database.run(statement, values);
    return toKey(row as Row);
  }

  async findKey(hash: Buffer): Promise<ApiKeyView | null> {
    const [row] = await this.#database.run('find-key', [hash]);
    return row ? toKey(row) : null;
  }

  async listKeys(): Promise<ApiKeyView[]> {
    return (await this.#database.run('list-keys', [])).map(toKey);
  }

  async removeKey(id: string): Promise<boolean> {
    return (await this.#database.run('remove-key', [id])).length > 0;
  }
}

function toKey(row: Row): ApiKeyView {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    prefix: row['prefix'] as string,
    claims: row['claims'] as Claim[],
    createdAt: (row['created_at'] as Date).toISOString(),
    expiresAt: row['expires_at'] instanceof Date ? row['expires_at'].toISOString() : null,
  };
}
