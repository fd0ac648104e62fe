import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { OwnerProcess } from './owner-process.ts';
import { isRoot, later, query, refusal, run, scratch, start, until } from './support.ts';

test('a first start that is killed in the middle of initdb heals', async () => {
  const dataDir = await scratch();
  for (const step of ['PG_VERSION', 'global', join('base', '1')]) {
    const owner = new OwnerProcess(dataDir);
    await until(async () => {
      const entries = await readdir(dataDir);
      const fresh = entries.find((entry) => entry.startsWith('postgres.new-'));
      if (fresh === undefined) return false;
      const inside = await readdir(join(dataDir, fresh), { recursive: true }).catch(
        (): string[] => [],
      );
      return inside.includes(step);
    }, `initdb has made ${step}`);
    await owner.kill();
    expect(await readdir(dataDir)).not.toContain('postgres');
  }
  const server = await start(dataDir);
  expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
  const entries = await readdir(dataDir);
  expect(entries.filter((entry) => entry.startsWith('postgres.new-'))).toEqual([]);
});

test('a cluster of another major version is refused and not touched', async () => {
  const dataDir = await scratch();
  const server = await start(dataDir);
  await server.stop();
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
  const message = await refusal(dataDir);
  expect(message).toContain('PostgreSQL 17');
  expect(message).toContain('--data');
});

test('a folder of something else is refused and not touched', async () => {
  const dataDir = await scratch();
  const folder = join(dataDir, 'postgres');
  await mkdir(folder);
  await writeFile(join(folder, 'letter.txt'), 'dear reader');
  const before = await stat(folder);
  expect(await refusal(dataDir)).toContain('holds no database');
  const after = await stat(folder);
  expect(await readdir(folder)).toEqual(['letter.txt']);
  expect([after.uid, after.mode]).toEqual([before.uid, before.mode]);
});

test("a run folder of the user's is refused and not touched", async () => {
  const dataDir = await scratch();
  await mkdir(join(dataDir, 'run', 'lib'), { recursive: true });
  expect(await refusal(dataDir)).toContain(join(dataDir, 'run'));
  expect(await readdir(join(dataDir, 'run'))).toEqual(['lib']);
});

test('a cluster whose permissions a copy has opened is taken', async () => {
  const dataDir = await scratch();
  await (await start(dataDir)).stop();
  await run('chmod', ['755', join(dataDir, 'postgres')]);
  await start(dataDir);
});

test.runIf(isRoot)('a full disk is told in one line, and leaves no half cluster', async () => {
  const dataDir = await scratch();
  await run('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', dataDir]);
  later(() => run('umount', [dataDir]));
  const message = await refusal(dataDir);
  expect(message).toContain('is full');
  expect(await readdir(dataDir)).toEqual(['postgres.log']);
});
