import { isFinal, sleep } from '@mayfly/contracts';
import type { Principal } from '@mayfly/core';
import type { HttpParts } from './http-parts.ts';

/** News from another server does not wake us; then we find out by looking this often. */
const LOOK_EVERY_MS = 500;

/**
 * Resolves when the task has finished, or after `waitMs`.
 *
 * @throws MayflyError `task.not_found`
 */
export async function waitForEnd(
  parts: HttpParts,
  principal: Principal,
  id: string,
  waitMs: number,
): Promise<void> {
  if (waitMs === 0) return;
  const { core, clock, closing } = parts;
  const until = clock.monotonic() + waitMs;
  const news = new News();
  const unwatch = core.feed.watch(id, () => news.arrive());
  try {
    for (;;) {
      const task = await core.queries.get(principal, id);
      const leftMs = until - clock.monotonic();
      if (isFinal(task.status) || leftMs <= 0 || closing.aborted) return;
      await Promise.race([news.next(), sleep(clock, Math.min(leftMs, LOOK_EVERY_MS))]);
    }
  } finally {
    unwatch();
  }
}

/** Remembers that something arrived, also when nobody was waiting at that moment. */
export class News {
  #arrived = false;
  #wake: (() => void) | undefined;

  arrive(): void {
    this.#arrived = true;
    this.#wake?.();
  }

  /** Resolves at once when something has arrived since the last call. */
  async next(): Promise<void> {
    if (!this.#arrived) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#arrived = false;
    this.#wake = undefined;
  }
}
