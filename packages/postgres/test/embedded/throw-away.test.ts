import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';

import { expect, test } from 'vitest';

import { MEMORY } from '../../src/embedded/options.ts';
import { OwnerProcess } from './owner-process.ts';
import {
  isRoot,
  processesOf,
  query,
  refusal,
  scratch,
  start,
  until,
  untilGone,
} from './support.ts';

/** Whether a folder is there. */
async function isThere(folder: string): Promise<boolean> {
  return (await readdir(dirname(folder))).includes(basename(folder));
}

test('runs without durability, and leaves nothing after stop', async () => {
  const server = await start(MEMORY);
  const folder = dirname(server.connection.host);
  const settings = await query(
    server,
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by name`,
  );
  expect(settings.map(({ setting }) => setting)).toEqual(['off', 'off', 'off']);
  await server.stop();
  expect(await isThere(folder)).toBe(false);
  expect(await processesOf(folder)).toEqual([]);
});

test.each(['kill -9', 'an end without stop'])(
  'leaves nothing after %s of its owner',
  async (way) => {
    const owner = new OwnerProcess(MEMORY, { task: way === 'kill -9' ? 'insert' : 'leave' });
    const { serverPid, connection } = await owner.ready();
    const folder = dirname(connection.host);
    if (way === 'kill -9') await owner.kill();
    else await owner.ended;
    await untilGone(serverPid);
    await until(async () => !(await isThere(folder)), 'the folder is removed');
    await until(async () => (await processesOf(folder)).length === 0, 'all processes have ended');
  },
);

test('the next start sweeps what is left when all were killed, and nothing that lives', async () => {
  const dead = new OwnerProcess(MEMORY);
  const alive = new OwnerProcess(MEMORY);
  const left = dirname((await dead.ready()).connection.host);
  const living = await alive.ready();

  // Stopped, so that none of them cleans up when it sees the owner's end.
  const helpers = await processesOf(left);
  for (const pid of helpers) process.kill(pid, 'SIGSTOP');
  await dead.kill();
  for (const pid of helpers) process.kill(pid, 'SIGKILL');

  await start(MEMORY);
  expect(await isThere(left)).toBe(false);
  expect(await query(living, 'select 1 one')).toEqual([{ one: 1 }]);
  await alive.stop();
});

test('leaves nothing after a start that failed', async () => {
  const told: string[] = [];
  const log = (line: string): number => told.push(line);
  const message = await refusal(MEMORY, { log, settings: { shared_buffers: 'a few' } });
  const [folder] = /\/\S+mayfly-memory-\w+/.exec(told.join()) ?? [];
  expect(await isThere(folder ?? '')).toBe(false);
  expect(message).not.toContain('postgres.log');
});

test('many at once do not disturb each other', async () => {
  const servers = await Promise.all(Array.from({ length: 3 }, () => start(MEMORY)));
  for (const server of servers) expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
});

test.runIf(isRoot)('goes to the temporary files when memory is scarce', async () => {
  const small = 'mount -t tmpfs -o size=64m none /dev/shm && export TMPDIR="$0" && exec "$@"';
  const base = await scratch(0o755, tmpdir());
  const under = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', small, base];
  const owner = new OwnerProcess(MEMORY, { under });
  const { connection } = await owner.ready();
  expect(dirname(dirname(connection.host))).toBe(base);
  await owner.stop();
  expect(await readdir(base)).toEqual([]);
});
