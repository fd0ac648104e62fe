import type { Clock, Log } from '@mayfly/contracts';
import type { ServerHints } from '@mayfly/core';
import type { Database } from '../sql/database.ts';
import type { Session, Sessions } from '../sql/sessions.ts';
import { HintChannel } from './hint-channel.ts';

const RECONNECT_MS = 1000;

export interface RunningHints extends ServerHints {
  close(): Promise<void>;
}

/**
 * Nudges between servers by LISTEN and NOTIFY. A lost nudge costs the time until the next poll or
 * heartbeat and nothing else, so every failure here ends in "listen again soon".
 */
export function createServerHints(
  database: Database,
  sessions: Sessions,
  { clock, log }: { clock: Clock; log: Log },
): RunningHints {
  let session: Session | undefined;
  let closed = false;

  const open = <Key extends string | number>(name: string): HintChannel<Key> =>
    new HintChannel<Key>(clock, (payload) => {
      database.run('announce', [name, payload]).catch((error: unknown) => {
        log.debug({ error, channel: name }, 'cannot nudge other servers now');
      });
    });
  const channels = {
    mayfly_ready: open<number>('mayfly_ready'),
    mayfly_workers: open<string>('mayfly_workers'),
    mayfly_queues: open<string>('mayfly_queues'),
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
      for (const [name, channel] of Object.entries(channels)) {
        await opened.listen(name, (payload) => channel.receive(payload));
      }
    } catch (error) {
      log.debug({ error }, 'cannot listen for hints now');
      // The end of a session that was opened brings the next try.
      if (session) await session.close();
      else listenAgain();
    }
  };

  void listen();
  return {
    ready: channels.mayfly_ready,
    workers: channels.mayfly_workers,
    queues: channels.mayfly_queues,
    async close() {
      closed = true;
      for (const channel of Object.values(channels)) channel.close();
      await session?.close();
    },
  };
}
