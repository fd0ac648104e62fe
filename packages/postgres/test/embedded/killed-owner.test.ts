import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { chooseAccount, type Account } from '../../src/embedded/account.ts';
import { locateBinaries } from '../../src/embedded/binaries.ts';
import { chooseStage } from '../../src/embedded/choose-stage.ts';
import { launch } from '../../src/embedded/launch.ts';
import { openServerLog } from '../../src/embedded/server-log.ts';
import { makeSocketFolder } from '../../src/embedded/socket-folder.ts';
import { direct, type Folders, type Stage } from '../../src/embedded/stage.ts';
import { OwnerProcess } from './owner-process.ts';
import {
  fastClock,
  isGone,
  later,
  query,
  refusal,
  scratch,
  start,
  until,
  untilGone,
} from './support.ts';

test('no acknowledged row is lost when the owner is killed in the middle of inserts', async () => {
  const dataDir = await scratch();
  for (const atLeast of [1, 60, 300]) {
    const owner = new OwnerProcess(dataDir, { task: atLeast === 1 ? 'hold' : 'insert' });
    await owner.ready();
    if (atLeast > 1) await owner.untilAcknowledged(atLeast);
    await owner.kill();

    const next = await start(dataDir);
    if (atLeast > 1) {
      const [row] = await query(next, 'select max(number) last, count(*)::int from acknowledged');
      expect(row?.['last']).toBeGreaterThanOrEqual(owner.acknowledged);
      expect(row?.['count']).toBe(row?.['last']);
      await query(next, 'truncate acknowledged');
    }
    await next.stop();
  }
});

test('the server ends by itself, cleanly, when its owner is killed', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir, { task: 'insert' });
  const { serverPid } = await owner.ready();
  await owner.kill();
  await untilGone(serverPid);
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain(
    'database system is shut down',
  );
});

test('starts at once when owner and server were both killed', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir, { task: 'insert' });
  const { serverPid } = await owner.ready();
  await owner.untilAcknowledged(20);
  process.kill(serverPid, 'SIGKILL');
  await owner.kill();

  const next = await start(dataDir);
  const [row] = await query(next, 'select max(number) last from acknowledged');
  expect(row?.['last']).toBeGreaterThanOrEqual(owner.acknowledged);
});

test('waits for a session that outlives a killed server', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir);
  const ready = await owner.ready();
  const [session] = await query(
    ready,
    `select pid from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  const pid = Number(session?.['pid']);
  process.kill(pid, 'SIGSTOP');
  process.kill(ready.serverPid, 'SIGKILL');
  await owner.kill();

  const starting = start(dataDir);
  const log = (): Promise<string> => readFile(join(dataDir, 'postgres.log'), 'utf8');
  await until(async () => (await log()).includes('shared memory block'), 'the server is refused');
  process.kill(pid, 'SIGCONT');
  expect(await query(await starting, 'select 1 one')).toEqual([{ one: 1 }]);
});

test('ends a server that a killed owner has left, also one that does not react', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir, { task: 'insert' });
  const { serverPid } = await owner.ready();
  await owner.untilAcknowledged(20);
  process.kill(serverPid, 'SIGSTOP');
  await owner.kill();

  const told: string[] = [];
  const next = await start(dataDir, { clock: fastClock, log: (line) => told.push(line) });
  expect(told.join()).toContain(`process ${serverPid}`);
  expect(await isGone(serverPid)).toBe(true);
  const [row] = await query(next, 'select max(number) last from acknowledged');
  expect(row?.['last']).toBeGreaterThanOrEqual(owner.acknowledged);
});

test('leaves a process alone that got the pid of a dead server', async () => {
  const dataDir = await scratch();
  const first = await start(dataDir);
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const left = await readFile(file, 'utf8');
  await first.stop();
  const other = await processOfTheServersAccount(join(dataDir, 'postgres'));
  await writeFile(file, left.replace(/^\d+/, String(other)));

  const next = await start(dataDir);
  expect(await query(next, 'select 1 one')).toEqual([{ one: 1 }]);
  expect(await isGone(other)).toBe(false);
});

test('refuses a cluster that a server of somebody else uses, and leaves that alone', async () => {
  const dataDir = await scratch();
  const cluster = join(dataDir, 'postgres');
  await (await start(dataDir)).stop();
  const account = await chooseAccount(cluster);
  const socket = (await makeSocketFolder(dataDir, account)).path;
  const folders = { native: locateBinaries().native, cluster, socket };
  const log = openServerLog(join(await scratch(), 'log'), true);
  const stage = await reachable(folders, account);
  const { seen } = stage;
  const argv = [join(seen.native, 'bin', 'postgres'), '-D', seen.cluster, '-k', seen.socket];
  const other = launch({ stage, account }, argv, {
    deathSignal: 'SIGKILL',
    output: log.descriptor,
  });
  const ended = once(other, 'exit');
  later(async () => {
    other.kill('SIGKILL');
    await ended;
    log.close();
  });
  await until(async () => log.tail().includes('ready to accept'), 'the other server is ready');

  const message = await refusal(dataDir);
  expect(message).toContain(`process ${other.pid}`);
  expect(message).toContain('stop it');
  expect(other.exitCode).toBeNull();
  other.kill('SIGINT');
  await ended;
  await start(dataDir);
});

/** This checkout may lie where the server's account cannot go. */
async function reachable(folders: Folders, account: Account | null): Promise<Stage> {
  if (account === null) return direct(folders);
  const cacheDir = await scratch();
  const binaries = locateBinaries();
  const choice = await chooseStage({ account, binaries, complete: true, folders, cacheDir });
  return choice.build({ ...folders, native: choice.native });
}

/** The server takes only live processes of its own account for a rival. */
async function processOfTheServersAccount(cluster: string): Promise<number> {
  const account = await chooseAccount(cluster);
  const ids = account === null ? {} : { uid: account.uid, gid: account.gid };
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', ...ids });
  await once(child, 'spawn');
  later(async () => child.kill('SIGKILL'));
  return child.pid!;
}
