import type { Clock, Log } from '@mayfly/contracts';
import type { Store } from '@mayfly/core';
import {
  MEMORY,
  openPostgresStore,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@mayfly/postgres';
import type { DatabaseChoice } from '../config.ts';
import { explainConnection } from './explain-connection.ts';

export interface OpenDatabase {
  store: Store;
  /** Calls back when an embedded server ends by itself. */
  onLost(callback: (why: string) => void): void;
  close(): Promise<void>;
}

/** @throws MayflyError with one line that ends with the remedy */
export async function openDatabase(
  choice: DatabaseChoice,
  surroundings: { clock: Clock; log: Log },
): Promise<OpenDatabase> {
  if (choice.kind === 'url') {
    const store = await openPostgresStore({ connectionString: choice.url }, surroundings).catch(
      (error: unknown) => {
        throw explainConnection(error, choice.url);
      },
    );
    return { store, onLost: () => undefined, close: () => store.close() };
  }
  const server = await startEmbeddedPostgres({
    dataDir: choice.kind === 'memory' ? MEMORY : choice.dataDir,
    clock: surroundings.clock,
    log: (line) => surroundings.log.info({}, line),
  });
  return openEmbedded(server, surroundings);
}

async function openEmbedded(
  server: EmbeddedPostgres,
  surroundings: { clock: Clock; log: Log },
): Promise<OpenDatabase> {
  try {
    const store = await openPostgresStore(server.connection, surroundings);
    return {
      store,
      onLost: (callback) => server.onExit(callback),
      async close() {
        await store.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
