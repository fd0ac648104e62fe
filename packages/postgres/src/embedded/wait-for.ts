import { type FSWatcher, watch } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';

import type { Clock } from '@mayfly/contracts';

/** A net under the watcher, for what no file tells: a process that ends, a system out of watches. */
const LOOK_AGAIN_MS = 50;

interface WaitOptions {
  clock: Clock;
  /** Each change of a file in it triggers a look. */
  folder: string;
  boundMs: number;
}

/**
 * Looks now, at every change in `folder` and each 50 ms, until `look` finds something; undefined
 * when it has found nothing for `boundMs`.
 */
export async function waitFor<T>(
  options: WaitOptions,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock, folder, boundMs } = options;
  const bell = new Bell();
  const watcher = watchQuietly(folder, bell);
  // The clock's timers do not keep the process alive, an open port does.
  const { port1: anchor } = new MessageChannel();
  anchor.on('message', () => undefined);
  const deadline = clock.monotonic() + boundMs;
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined || clock.monotonic() >= deadline) return found;
      const timer = clock.after(LOOK_AGAIN_MS, () => bell.ring());
      await bell.rung();
      timer.cancel();
    }
  } finally {
    watcher?.close();
    anchor.close();
  }
}

/** Remembers a ring that came while nobody listened, so that no change is missed. */
class Bell {
  #rang = false;
  #listener: (() => void) | undefined;

  ring(): void {
    this.#rang = true;
    this.#listener?.();
  }

  async rung(): Promise<void> {
    if (!this.#rang) await new Promise<void>((resolve) => (this.#listener = resolve));
    this.#rang = false;
    this.#listener = undefined;
  }
}

/** Null where the system gives no more watches: looking each 50 ms is enough then. */
function watchQuietly(folder: string, bell: Bell): FSWatcher | null {
  try {
    const watcher = watch(folder, () => bell.ring());
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
