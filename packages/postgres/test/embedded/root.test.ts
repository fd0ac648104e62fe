import { chmod, chown, cp, mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { type Binaries, locateBinaries } from '../../src/embedded/binaries.ts';
import { OwnerProcess } from './owner-process.ts';
import { isRoot, query, run, scratch, start } from './support.ts';

/** A root that may not mount, as in most containers. */
const NO_MOUNTS = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--'];

/** A root that is nobody outside a user namespace, thus cannot become another account. */
const ONLY_ROOT = ['unshare', '--user', '--map-root-user', '--'];

async function shutBinaries(): Promise<Binaries> {
  const binaries = locateBinaries();
  const native = join(await scratch(0o700), 'native');
  await cp(binaries.native, native, { recursive: true, verbatimSymlinks: true });
  return { ...binaries, native };
}

async function accountOf(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe.runIf(isRoot)('for root', () => {
  test('the server runs as another account, which owns its data', async () => {
    const dataDir = await scratch();
    const server = await start(dataDir);
    const uid = await accountOf(server.serverPid);
    expect(uid).not.toBe(0);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(uid);
    const status = await run('cat', [`/proc/${server.serverPid}/status`]);
    expect(status.stdout).toMatch(/CapEff:\s0+\n/);
    expect(status.stdout).toMatch(/NoNewPrivs:\s1\n/);
    expect(status.stdout).toMatch(/Groups:\s*\n/);
    const environment = await run('cat', [`/proc/${server.serverPid}/environ`]);
    expect(environment.stdout).not.toContain('HOME=');
  });

  test('data that this account cannot reach stays where it is, with its permissions', async () => {
    const shut = await scratch(0o700);
    const dataDir = join(shut, 'checkout', '.mayfly');
    await mkdir(join(shut, 'checkout'), { mode: 0o700 });
    const first = await start(dataDir);
    await query(first, 'create table kept as select 42 answer');
    await first.stop();
    expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.log']);

    const second = await start(dataDir);
    expect(await query(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await accountOf(second.serverPid)).not.toBe(0);
    expect(await modeOf(shut)).toBe(0o700);
    expect(await modeOf(join(shut, 'checkout'))).toBe(0o700);
    const mounts = await run('cat', ['/proc/self/mounts']);
    expect(mounts.stdout).not.toContain(shut);
  });

  test('the data folder itself may be shut, and keeps its permissions', async () => {
    const dataDir = await scratch(0o700);
    const server = await start(dataDir);
    expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
    expect(await modeOf(dataDir)).toBe(0o700);
  });

  test('unreachable data survives kill -9, and the next start works at once', async () => {
    const dataDir = join(await scratch(0o700), 'data');
    const owner = new OwnerProcess(dataDir, { task: 'insert' });
    await owner.ready();
    await owner.untilAcknowledged(50);
    await owner.kill();
    const next = await start(dataDir);
    const [row] = await query(next, 'select max(number) last from acknowledged');
    expect(row?.['last']).toBeGreaterThanOrEqual(owner.acknowledged);
  });

  test('binaries that this account cannot reach are used where they are', async () => {
    const binaries = await shutBinaries();
    const cacheDir = join(await scratch(), 'cache');
    for (const mode of [0o755, 0o700]) {
      const server = await start(await scratch(mode), { binaries, cacheDir });
      expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
    }
    await expect(stat(cacheDir)).rejects.toThrow('ENOENT');
  });

  test('binaries whose files only root can read are copied, once', async () => {
    const binaries = await shutBinaries();
    await run('chmod', ['-R', 'go=', binaries.native]);
    const cacheDir = join(await scratch(), 'cache');
    for (const mode of [0o755, 0o700]) {
      const server = await start(await scratch(mode), { binaries, cacheDir });
      expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
      expect(await readdir(cacheDir)).toHaveLength(1);
    }
  });

  test('without mounts, unreachable binaries are copied', async () => {
    const { native } = await shutBinaries();
    const cacheDir = join(await scratch(), 'cache');
    const owner = new OwnerProcess(await scratch(), { under: NO_MOUNTS, cacheDir, native });
    expect(await query(await owner.ready(), 'select 1 one')).toEqual([{ one: 1 }]);
    expect(await readdir(cacheDir)).toHaveLength(1);
    await owner.stop();
  });

  test('without mounts, unreachable data is refused with the remedy', async () => {
    const shut = await scratch(0o700);
    const owner = new OwnerProcess(join(shut, 'data'), { under: NO_MOUNTS });
    const message = await owner.failed();
    expect(message).toContain('--data /var/lib/mayfly');
    expect(message).not.toContain('\n');
    await owner.ended;
    expect(await readdir(join(shut, 'data'))).toEqual(['postgres.log']);
  });

  test('a root that cannot become another account is told so', async () => {
    const base = await scratch();
    await chmod(base, 0o777);
    const owner = new OwnerProcess(join(base, 'data'), { under: ONLY_ROOT });
    const message = await owner.failed();
    expect(message).toContain('run as an ordinary user');
    expect(message).not.toContain('\n');
    await owner.ended;
  });

  test("a user's cluster keeps its owner, so that both can take turns", async () => {
    const dataDir = await scratch();
    await chown(dataDir, 12_345, 12_345);
    await (await start(dataDir)).stop();
    await run('chown', ['-R', '12345:12345', join(dataDir, 'postgres')]);
    const server = await start(dataDir);
    expect(await accountOf(server.serverPid)).toBe(12_345);
    const mine = (await run('find', [dataDir, '-user', 'root'])).stdout;
    expect(mine).toBe('');
  });

  test('a cluster that root has copied by hand is taken', async () => {
    const first = await scratch();
    const running = await start(first);
    await query(running, 'create table kept as select 42 answer');
    await running.stop();
    const second = await mkdtemp(join(await scratch(), 'copy-'));
    await run('cp', ['-r', join(first, 'postgres'), second]);
    const server = await start(second);
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});
