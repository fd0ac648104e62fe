/*
 * A process that owns a server, for tests that kill it:
 *   owner.ts DATA_DIR            starts, and holds the server until SIGTERM, then stops it
 *   owner.ts DATA_DIR insert     inserts rows one by one and tells each acknowledged number
 *   owner.ts DATA_DIR leave      has nothing more to do, and does not stop the server
 * It prints one JSON object a line. SIGINT makes it tell that, and whether the server answers.
 */
import { systemClock } from '@mayfly/contracts';
import pg from 'pg';

import { locateBinaries } from '../../src/embedded/binaries.ts';
import { startOn } from '../../src/embedded/start.ts';

const [dataDir = '', task = 'hold', cacheDir = '/var/cache/mayfly', native] = process.argv.slice(2);

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const found = locateBinaries();
const binaries = native === undefined ? found : { ...found, native };
const options = { dataDir, clock: systemClock, log: () => undefined };
const server = await startOn({ binaries, cacheDir }, options).catch((error: Error) => {
  say({ failed: error.message });
  process.exit(1);
});
const ready = { serverPid: server.serverPid, connection: server.connection };

if (task === 'leave') {
  say({ ready });
} else {
  const client = new pg.Client(server.connection);
  client.on('error', () => undefined);
  await client.connect();
  process.on('SIGINT', () => {
    void client.query('select 1').then(() => say({ answersAfterInterrupt: true }));
  });
  process.on('SIGTERM', () => {
    void client
      .end()
      .then(() => server.stop())
      .then(() => say({ stopped: true }));
  });
  say({ ready });
  if (task === 'insert') await insertForEver(client);
}

async function insertForEver(client: pg.Client): Promise<never> {
  await client.query('create table if not exists acknowledged (number int primary key)');
  for (let number = 1; ; number += 1) {
    await client.query('insert into acknowledged values ($1)', [number]);
    say({ acknowledged: number });
  }
}
