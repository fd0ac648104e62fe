import type { ApiKeyView, Claim } from '@mayfly/contracts';

export interface NewApiKey {
  id: string;
  name: string;
  prefix: string;
  /** SHA-256 of the key. Keys are long and random, so a slow password hash would add nothing. */
  hash: Buffer;
  claims: Claim[];
  expiresAt: Date | null;
}

export interface KeyStore {
  addKey(key: NewApiKey): Promise<ApiKeyView>;
  /** Adds the key, or gives the one with this hash the name and claims. */
  putKey(key: NewApiKey): Promise<ApiKeyView>;
  findKey(hash: Buffer): Promise<ApiKeyView | null>;
  listKeys(): Promise<ApiKeyView[]>;
  removeKey(id: string): Promise<boolean>;
}
