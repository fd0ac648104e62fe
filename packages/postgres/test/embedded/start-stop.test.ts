import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, expect, test, vi } from 'vitest';

import { OwnerProcess } from './owner-process.ts';
import { isGone, processesOf, query, scratch, start } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

test('starts on a private socket, with what durability needs', async () => {
  const server = await start(await scratch());
  const settings = await query(
    server,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit',
     'full_page_writes', 'listen_addresses', 'unix_socket_permissions') order by name`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    synchronous_commit: 'on',
    unix_socket_permissions: '0700',
  });
});

test('orders text by code point and folds case by Unicode', async () => {
  const server = await start(await scratch());
  const rows = await query(server, `select upper('é ω') up, 'Z' < 'a' codepoint`);
  expect(rows).toEqual([{ up: 'É Ω', codepoint: true }]);
});

test('stop leaves the cluster, its log and no process; data comes back', async () => {
  const dataDir = join(await scratch(), 'data');
  const first = await start(dataDir);
  await query(first, 'create table kept as select 42 answer');
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();

  expect(await isGone(first.serverPid)).toBe(true);
  expect(await processesOf(dataDir)).toEqual([]);
  expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.log']);
  expect(await readdir(join(dataDir, 'postgres'))).not.toContain('postmaster.pid');

  const second = await start(dataDir);
  expect(await query(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('stop ends open sessions too', async () => {
  const owner = new OwnerProcess(await scratch());
  const { serverPid } = await owner.ready();
  await owner.stop();
  expect(owner.child.exitCode).toBe(0);
  expect(await isGone(serverPid)).toBe(true);
});

test("the caller's settings win", async () => {
  const server = await start(await scratch(), {
    settings: { work_mem: '7MB', 'mayfly.text': String.raw`it's a \ and "b"` },
  });
  const rows = await query(
    server,
    `select current_setting('work_mem') work_mem, t.text
    from current_setting('mayfly.text') t(text)`,
  );
  expect(rows).toEqual([{ work_mem: '7MB', text: String.raw`it's a \ and "b"` }]);
});

test('PG* variables of the environment change nothing', async () => {
  for (const [name, value] of Object.entries({
    PGPORT: '6000',
    PGSSLMODE: 'require',
    PGDATA: '/nowhere',
    PGUSER: 'nobody',
    PGHOST: '127.0.0.1',
  })) {
    vi.stubEnv(name, value);
  }
  const server = await start(await scratch());
  expect(await query(server, 'select current_user me')).toEqual([{ me: 'mayfly' }]);
});

test('only the account that started it may log in', async () => {
  const server = await start(await scratch());
  const rows = await query(server, 'select type, auth_method from pg_hba_file_rules');
  expect(rows).toEqual([{ type: 'local', auth_method: 'peer' }]);
  const map = await query(server, 'select sys_name, pg_username from pg_ident_file_mappings');
  expect(map).toEqual([{ sys_name: expect.any(String), pg_username: 'mayfly' }]);
});

test('a Ctrl-C in the terminal reaches the owner only', async () => {
  const owner = new OwnerProcess(await scratch());
  const { serverPid } = await owner.ready();
  process.kill(-owner.pid, 'SIGINT');
  expect(await owner.answersAfterInterrupt()).toBe(true);
  expect(await isGone(serverPid)).toBe(false);
  await owner.stop();
});

test('a server that nobody stops does not keep its owner alive, and ends with it', async () => {
  const owner = new OwnerProcess(await scratch(), { task: 'leave' });
  const { serverPid } = await owner.ready();
  await owner.ended;
  await vi.waitUntil(() => isGone(serverPid), { timeout: 20_000 });
});
