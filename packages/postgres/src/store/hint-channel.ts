import type { Clock, Timer } from '@mayfly/contracts';
import type { Hint } from '@mayfly/core';

/** At most one notification in this time: each takes a lock of the whole database server. */
const DEBOUNCE_MS = 10;

/** PostgreSQL takes payloads below 8000 bytes. */
const PAYLOAD_BYTES_MAX = 7000;

/** Gathers keys for a moment, and sends them as few payloads of JSON. */
export class HintChannel<Key extends string | number> implements Hint<Key> {
  readonly #clock: Clock;
  readonly #send: (payload: string) => void;
  readonly #listeners: ((keys: Key[]) => void)[] = [];
  readonly #pending = new Set<Key>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, send: (payload: string) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  announce(keys: Iterable<Key>): void {
    for (const key of keys) this.#pending.add(key);
    if (this.#pending.size > 0 && !this.#closed) {
      this.#timer ??= this.#clock.after(DEBOUNCE_MS, () => this.#flush());
    }
  }

  onAnnounced(listener: (keys: Key[]) => void): void {
    this.#listeners.push(listener);
  }

  /** A payload has come from some server, perhaps this one. */
  receive(payload: string): void {
    const keys = JSON.parse(payload) as Key[];
    for (const listener of this.#listeners) listener(keys);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #flush(): void {
    this.#timer = undefined;
    for (const payload of toPayloads([...this.#pending])) this.#send(payload);
    this.#pending.clear();
  }
}

function toPayloads(keys: (string | number)[]): string[] {
  const payloads: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  for (const text of keys.map((key) => JSON.stringify(key))) {
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes + size > PAYLOAD_BYTES_MAX) {
      payloads.push(`[${texts.join(',')}]`);
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += size;
  }
  return [...payloads, `[${texts.join(',')}]`];
}
