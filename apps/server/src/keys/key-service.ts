import { createHash, randomBytes } from 'node:crypto';
import {
  MayflyError,
  type ApiKeyView,
  type Claim,
  type Clock,
  type CreatedApiKey,
} from '@mayfly/contracts';
import type { KeyStore, Principal } from '@mayfly/core';
import { v7 as uuidv7 } from 'uuid';

/** A key that was removed on another server is refused here after this time at the latest. */
const CACHE_MS = 5000;
const CACHE_MAX = 10_000;

const PREFIX = 'mf_';
const PREFIX_SHOWN_CHARS = 10;

interface Cached {
  key: ApiKeyView;
  until: number;
}

/** API keys: made, shown once, stored as hashes, checked on every request. */
export class KeyService {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #cache = new Map<string, Cached>();

  constructor(store: KeyStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async create(name: string, claims: Claim[], expiresAt: Date | null): Promise<CreatedApiKey> {
    const key = newKey();
    return { ...(await this.#store.addKey(toRow(key, name, claims, expiresAt))), key };
  }

  /** Makes sure that a key given from outside works. */
  async ensure(key: string, name: string, claims: Claim[]): Promise<void> {
    await this.#store.putKey(toRow(key, name, claims, null));
  }

  list(): Promise<ApiKeyView[]> {
    return this.#store.listKeys();
  }

  /** @throws MayflyError `key.not_found` */
  async remove(id: string): Promise<void> {
    this.#cache.clear();
    if (await this.#store.removeKey(id)) return;
    throw new MayflyError(
      'key.not_found',
      `There is no API key ${id}. GET /api/api-keys lists them.`,
    );
  }

  /** @throws MayflyError `auth.missing_key`, `auth.unknown_key` or `auth.expired_key` */
  async authenticate(text: string | undefined): Promise<Principal> {
    if (!text) {
      throw new MayflyError(
        'auth.missing_key',
        'Give an API key as the header X-ApiKey, as Authorization: Bearer, or as ?apiKey=.',
      );
    }
    const key = await this.#find(text);
    if (!key) {
      throw new MayflyError(
        'auth.unknown_key',
        'This API key is not known here. Check it for typing errors.',
      );
    }
    if (key.expiresAt !== null && Date.parse(key.expiresAt) <= this.#clock.now()) {
      throw new MayflyError('auth.expired_key', `This API key has expired at ${key.expiresAt}.`);
    }
    return { id: key.id, name: key.name, claims: key.claims };
  }

  async #find(text: string): Promise<ApiKeyView | null> {
    const hash = hashOf(text);
    const name = hash.toString('base64');
    const now = this.#clock.monotonic();
    const cached = this.#cache.get(name);
    if (cached && cached.until > now) return cached.key;
    const key = await this.#store.findKey(hash);
    if (!key) {
      this.#cache.delete(name);
      return null;
    }
    if (this.#cache.size >= CACHE_MAX) this.#cache.clear();
    this.#cache.set(name, { key, until: now + CACHE_MS });
    return key;
  }
}

/** 256 random bits, so the hash needs no salt and no slowness. */
export function newKey(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function toRow(
  key: string,
  name: string,
  claims: Claim[],
  expiresAt: Date | null,
): Parameters<KeyStore['addKey']>[0] {
  const prefix = key.slice(0, Math.min(PREFIX_SHOWN_CHARS, Math.floor(key.length / 3)));
  return { id: uuidv7(), name, prefix, hash: hashOf(key), claims, expiresAt };
}
