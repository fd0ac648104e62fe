import { BUILT_IN_TYPES, type Clock, type Faults, type Log } from '@mayfly/contracts';
import { createCore, type Core } from '@mayfly/core';
import type { FastifyInstance } from 'fastify';
import type { ServerConfig } from './config.ts';
import { openDatabase, type OpenDatabase } from './database/open-database.ts';
import { listenGrpc, type GrpcServer } from './grpc/grpc-server.ts';
import { createWorkerService } from './grpc/worker-service.ts';
import { createApp } from './http/create-app.ts';
import { listenHttp } from './http/listen.ts';
import { KeyService, newKey } from './keys/key-service.ts';
import { createWebhooks } from './webhooks/create-webhooks.ts';
import { VERSION } from './version.ts';

export interface Surroundings {
  clock: Clock;
  log: Log;
  /** What tests make go wrong. */
  faults?: Faults | undefined;
}

export interface RunningServer {
  core: Core;
  /** `http://HOST:PORT`. */
  url: string;
  grpcPort: number;
  /** The admin key that was given, or made because there was none; null when keys exist already. */
  apiKey: string | null;
  /** Resolves with the reason when the server cannot go on. */
  readonly broken: Promise<string>;
  /** Takes nothing new in, and hands nothing more out. */
  drain(): void;
  /** Ends at once what is left, and resolves when nothing of the server runs. Idempotent. */
  close(): Promise<void>;
}

/** The composition root: database, core, HTTP and gRPC in this process. */
export async function startServer(
  config: ServerConfig,
  surroundings: Surroundings,
): Promise<RunningServer> {
  const database = await openDatabase(config.database, surroundings);
  try {
    return await startOn(database, config, surroundings);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function startOn(
  database: OpenDatabase,
  config: ServerConfig,
  surroundings: Surroundings,
): Promise<RunningServer> {
  const { store } = database;
  const { clock, log, faults } = surroundings;
  const { ttlMsMax, retentionMs } = config;
  const lifetimes = faults?.unfenced ? { ...config.lifetimes, leaseMarginMs: 0 } : config.lifetimes;
  const core = await createCore({
    ...surroundings,
    store,
    lifetimes,
    ttlMsMax,
    retentionMs,
    webhooks: config.webhooks ? createWebhooks(config.webhooks, clock) : null,
    random: Math.random,
  });
  await core.types.add([...BUILT_IN_TYPES]);
  const keys = new KeyService(store.keys, clock);
  const apiKey = await ensureAdmin(keys, config.apiKey);
  const closing = new AbortController();
  let grpc: GrpcServer | undefined;
  let app: FastifyInstance | undefined;
  try {
    const service = createWorkerService({ dispatcher: core.dispatcher, keys, log });
    grpc = await listenGrpc(service, { host: config.host, port: config.grpcPort });
    app = await createApp({
      core,
      store,
      keys,
      clock,
      log,
      version: VERSION,
      bodyBytesMax: config.bodyBytesMax,
      grpcPort: grpc.port,
      closing: closing.signal,
    });
    const port = await listenHttp(app, config);
    core.keeper.start();
    core.meter.start();
    core.webhooks.start();
    const parts = { clock, database, core, app, grpc, closing };
    return { ...handle(parts), url: urlOf(config.host, port), grpcPort: grpc.port, apiKey };
  } catch (error) {
    grpc?.close();
    await app?.close();
    await core.close();
    throw error;
  }
}

/** What is under way may finish for this long. */
const CLOSE_PATIENCE_MS = 2000;

interface RunningParts {
  clock: Clock;
  database: OpenDatabase;
  core: Core;
  app: FastifyInstance;
  grpc: GrpcServer;
  closing: AbortController;
}

function handle({
  clock,
  database,
  core,
  app,
  grpc,
  closing,
}: RunningParts): Omit<RunningServer, 'url' | 'grpcPort' | 'apiKey'> {
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    core.drain();
    closing.abort();
    // Clients hold connections open that they may never use; they must not hold up the end.
    const cut = clock.after(CLOSE_PATIENCE_MS, () => app.server.closeAllConnections());
    await app.close();
    cut.cancel();
    await core.close();
    grpc.close();
    await database.close();
  };
  return {
    core,
    broken: new Promise((resolve) => {
      database.onLost((why) => resolve(`PostgreSQL has ended (${why})`));
    }),
    drain: () => {
      core.drain();
    },
    close: () => (closed ??= close()),
  };
}

/** There must be one key to begin with; who has it can make the others. */
async function ensureAdmin(keys: KeyService, given: string | null): Promise<string | null> {
  if (given === null && (await keys.list()).length > 0) return null;
  const key = given ?? newKey();
  await keys.ensure(key, 'admin', ['admin']);
  return key;
}

function urlOf(host: string, port: number): string {
  const name =
    host === '0.0.0.0'
      ? '127.0.0.1'
      : host === '::'
        ? '[::1]'
        : host.includes(':')
          ? `[${host}]`
          : host;
  return `http://${name}:${port}`;
}
