import { MayflyError } from '@mayfly/contracts';
import pg from 'pg';
import { query as queryText } from './statements.ts';

export interface ConnectionSettings {
  /** `postgres://…`, or undefined when the parts below are given. */
  connectionString?: string;
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  ssl?: false;
}

export type Row = Record<string, unknown>;

/** A transaction that lost against another one and left nothing behind; trying again is safe. */
const TRY_AGAIN = new Set(['40001', '40P01']);
const TRY_AGAIN_LIMIT = 5;

const CONNECT_TIMEOUT_MS = 10_000;

/** Statements by file name on a pool of connections. */
export class Database {
  readonly #pool: pg.Pool;

  constructor(settings: ConnectionSettings, options: { connections: number; flags: string[] }) {
    this.#pool = new pg.Pool({
      ...settings,
      max: options.connections,
      application_name: 'mayfly',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      options: ['search_path=mayfly', ...options.flags].map((flag) => `-c ${flag}`).join(' '),
    });
    // A broken idle connection is replaced on the next use, which then tells of any lasting trouble.
    this.#pool.on('error', () => undefined);
    // One that breaks between the statements of a transaction fails the next of them; without a
    // listener it would end this process.
    this.#pool.on('connect', (client) => {
      client.on('error', () => undefined);
    });
  }

  /** Runs `sql/queries/<name>.sql` as a prepared statement. */
  run(name: string, values: unknown[]): Promise<Row[]> {
    return this.runText(name, queryText(name), values);
  }

  /** Runs a statement that is put together from files; `name` must be one to one with `text`. */
  async runText(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return persist(async () => (await this.#pool.query({ name, text, values })).rows as Row[]);
  }

  /** Runs `work` in one transaction on one connection. */
  transaction<Result>(work: (run: Database['run']) => Promise<Result>): Promise<Result> {
    return persist(async () => {
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work(async (name, values) => {
          const answer = await client.query({ name, text: queryText(name), values });
          return answer.rows as Row[];
        });
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

async function persist<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const again = typeof code === 'string' && TRY_AGAIN.has(code) && tries < TRY_AGAIN_LIMIT;
      if (!again) throw explainDatabaseError(error);
    }
  }
}

/** SQLSTATE classes that mean "not reachable now": connection, resources, operator intervention. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57']);
const UNAVAILABLE_ERRNOS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);

const DISK_FULL = '53100';

/** Turns "the database is away" into `store.unavailable`; everything else stays what it is. */
export function explainDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MayflyError) return error;
  const code = (error as { code?: unknown }).code;
  const away =
    typeof code === 'string'
      ? UNAVAILABLE_ERRNOS.has(code) ||
        (/^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE_CLASSES.has(code.slice(0, 2)))
      : /connection (terminated|timeout)|timeout exceeded when trying to connect|not queryable/i.test(
          error.message,
        );
  if (!away) return error;
  const detail =
    code === DISK_FULL
      ? `The disk of the database is full (${error.message}). Nothing was changed. Have its operator free some space, and try again.`
      : `The database does not answer (${error.message}). Try again; nothing was changed.`;
  return new MayflyError('store.unavailable', detail, { cause: error });
}
