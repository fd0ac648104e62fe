import { writeFileSync } from 'node:fs';
import { silentLog, systemClock } from '@mayfly/contracts';
import { MEMORY, openPostgresStore, startEmbeddedPostgres } from '@mayfly/postgres';
import { dumpSchema } from './dump-schema.ts';

// Writes schema.txt from what the migrations make of an empty database.
const server = await startEmbeddedPostgres({
  dataDir: MEMORY,
  clock: systemClock,
  log: () => undefined,
});
const store = await openPostgresStore(server.connection, { clock: systemClock, log: silentLog });
writeFileSync(new URL('./schema.txt', import.meta.url), await dumpSchema(server.connection));
await store.close();
await server.stop();
