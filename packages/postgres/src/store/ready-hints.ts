import type { Clock, Log, Timer } from '@mayfly/contracts';
import type { ReadyHints } from '@mayfly/core';
import type { Database } from '../sql/database.ts';
import type { Session, Sessions } from '../sql/sessions.ts';

const CHANNEL = 'mayfly_ready';

/** At most one notification in this time: each takes a lock of the whole database server. */
const DEBOUNCE_MS = 10;
const RECONNECT_MS = 1000;

export interface RunningHints extends ReadyHints {
  close(): Promise<void>;
}

/**
 * Nudges between servers by LISTEN and NOTIFY. Lost nudges cost a poll interval, nothing else, so
 * every failure here ends in "listen again soon".
 */
export function createReadyHints(
  database: Database,
  sessions: Sessions,
  { clock, log }: { clock: Clock; log: Log },
): RunningHints {
  const listeners: ((laneIds: number[]) => void)[] = [];
  const pending = new Set<number>();
  let timer: Timer | undefined;
  let session: Session | undefined;
  let closed = false;

  const receive = (payload: string): void => {
    const laneIds = payload.split(',').map(Number);
    for (const listener of listeners) listener(laneIds);
  };

  const listenAgain = (): void => {
    session = undefined;
    if (!closed) clock.after(RECONNECT_MS, () => void listen());
  };

  const listen = async (): Promise<void> => {
    try {
      const opened = await sessions.open('hints');
      opened.onEnd(listenAgain);
      session = opened;
      await opened.listen(CHANNEL, receive);
    } catch (error) {
      log.debug({ error }, 'cannot listen for hints now');
      // `onEnd` has seen to it if the session had been opened.
      if (!session) listenAgain();
    }
  };

  const send = (): void => {
    timer = undefined;
    const payload = [...pending].join(',');
    pending.clear();
    database.run('announce-ready', [CHANNEL, payload]).catch((error: unknown) => {
      log.debug({ error }, 'cannot announce ready tasks now');
    });
  };

  void listen();
  return {
    announce(laneIds) {
      for (const laneId of laneIds) pending.add(laneId);
      if (pending.size > 0 && !closed) timer ??= clock.after(DEBOUNCE_MS, send);
    },
    onReady: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      timer?.cancel();
      await session?.close();
    },
  };
}
