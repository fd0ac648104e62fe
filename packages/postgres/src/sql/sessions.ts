import pg from 'pg';
import { explainDatabaseError, type ConnectionSettings } from './database.ts';

/** A connection of its own, for what lives as long as a session: locks and notifications. */
export interface Session {
  /** Takes a session advisory lock if it is free; it is held until the session ends. */
  tryLock(key: number): Promise<boolean>;
  /** Shows the database that the one who holds this session lives. */
  touch(): Promise<void>;
  listen(channel: string, onMessage: (payload: string) => void): Promise<void>;
  /** Runs once when the session has ended, for whatever reason. */
  onEnd(callback: () => void): void;
  close(): Promise<void>;
}

export interface Sessions {
  /** @param purpose shown in pg_stat_activity as `mayfly <purpose>` */
  open(purpose: string): Promise<Session>;
}

export function createSessions(settings: ConnectionSettings): Sessions {
  return {
    async open(purpose) {
      const client = new pg.Client({
        ...settings,
        application_name: `mayfly ${purpose}`,
        keepAlive: true,
      });
      let ended = false;
      const callbacks: (() => void)[] = [];
      const end = (): void => {
        if (ended) return;
        ended = true;
        for (const callback of callbacks) callback();
      };
      client.on('error', end);
      client.on('end', end);
      await client.connect().catch((error: unknown) => {
        throw explainDatabaseError(error);
      });
      return {
        async tryLock(key) {
          const answer = await client.query('select pg_try_advisory_lock($1) as locked', [key]);
          return (answer.rows[0] as { locked: boolean }).locked;
        },
        async touch() {
          await client.query('select 1');
        },
        async listen(channel, onMessage) {
          client.on('notification', (message) => {
            if (message.channel === channel) onMessage(message.payload ?? '');
          });
          await client.query(`listen ${client.escapeIdentifier(channel)}`);
        },
        onEnd(callback) {
          if (ended) callback();
          else callbacks.push(callback);
        },
        async close() {
          if (!ended) await client.end();
          end();
        },
      };
    },
  };
}
