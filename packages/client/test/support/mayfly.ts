import { silentLog, systemClock } from '@mayfly/contracts';
import { createClient, type ClientOptions, type MayflyClient } from '@mayfly/client';
import {
  createLocalSource,
  resolveServerConfig,
  startServer,
  type RunningServer,
} from '@mayfly/server';
import { createBuiltInOperations, Worker, type Operation } from '@mayfly/worker';

export const API_KEY = 'a key of the tests'.replaceAll(' ', '-');

export interface Mayfly {
  server: RunningServer;
  client: MayflyClient;
  clientOf: (options?: Partial<ClientOptions>) => MayflyClient;
  stop(): Promise<void>;
}

/** A real server on a throw-away database, with a worker beside it. */
export async function startMayfly(operations: Operation[] = []): Promise<Mayfly> {
  const surroundings = { clock: systemClock, log: silentLog };
  const server = await startServer(
    resolveServerConfig({ port: '0', database: 'memory:', apiKey: API_KEY }),
    surroundings,
  );
  const worker = new Worker({
    ...surroundings,
    source: createLocalSource(server.core.dispatcher),
    operations: [
      ...createBuiltInOperations({ clock: systemClock, allowPrivateAddresses: false }),
      ...operations,
    ],
    runtimes: [],
    sandbox: null,
    concurrency: 8,
    queues: [],
    name: 'beside the tests',
    version: '0.0.0',
  });
  await worker.start();
  const clientOf = (options: Partial<ClientOptions> = {}): MayflyClient =>
    createClient({ url: server.url, apiKey: API_KEY, ...options });
  return {
    server,
    client: clientOf(),
    clientOf,
    async stop() {
      await worker.close();
      await server.close();
    },
  };
}
