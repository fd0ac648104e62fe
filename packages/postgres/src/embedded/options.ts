import type { Clock } from '@mayfly/contracts';

/** The `dataDir` of a throw-away server. */
export const MEMORY = 'memory:';

export interface EmbeddedOptions {
  /**
   * The folder for data that lasts, made when it is missing; or `memory:` for a throw-away server
   * without durability, gone when the process that started it ends.
   */
  dataDir: string;
  clock: Clock;
  /** Takes one line a step that a user wants to see; steady operation logs nothing. */
  log: (line: string) => void;
  /** PostgreSQL settings that win over the built-in ones. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /**
   * All that `pg` needs, whatever PG* variables say. `host` is the folder of the unix socket and
   * `port` a part of the socket's name; there is no password.
   */
  connection: { host: string; port: number; user: string; database: string; ssl: false };
  serverPid: number;
  /** Calls back when the server ends without `stop()`; at once when that has happened already. */
  onExit: (callback: (why: string) => void) => void;
  /**
   * Ends the server cleanly, frees the data folder and removes what was throw-away. Idempotent.
   * Call it also after an unexpected end, before starting again on the same folder.
   */
  stop: () => Promise<void>;
}
