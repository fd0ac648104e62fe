import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readOwner, tryLock } from '../../src/embedded/owner-lock.ts';
import { OwnerProcess } from './owner-process.ts';
import { query, refusal, run, scratch, start } from './support.ts';

test('a second owner is refused, with the pid of the first and the remedy', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir);
  const ready = await owner.ready();
  const message = await refusal(dataDir);
  expect(message).toContain(`process ${owner.pid}`);
  expect(message).toContain('--data');
  expect(await query(ready, 'select 1 one')).toEqual([{ one: 1 }]);
});

test('a second start in the same process is refused too', async () => {
  const dataDir = await scratch();
  await start(dataDir);
  expect(await refusal(dataDir)).toContain(`process ${process.pid}`);
});

test('of many that start at once in a new folder, exactly one wins', async () => {
  const dataDir = join(await scratch(), 'data');
  const owners = Array.from({ length: 4 }, () => new OwnerProcess(dataDir));
  const outcomes = await Promise.all(
    owners.map((owner) =>
      Promise.any([owner.ready().then(() => 'won'), owner.failed().then((message) => message)]),
    ),
  );
  expect(outcomes.filter((outcome) => outcome === 'won')).toHaveLength(1);
  for (const message of outcomes.filter((outcome) => outcome !== 'won')) {
    expect(message).toContain('in use by another Mayfly');
  }
});

test('the lock of a killed owner is free at once, whatever its file says', async () => {
  const dataDir = await scratch();
  const owner = new OwnerProcess(dataDir);
  await owner.ready();
  await owner.kill();
  expect(await readdir(dataDir)).toContain('mayfly.lock');
  await writeFile(join(dataDir, 'mayfly.lock'), `${process.pid}\n`);
  await start(dataDir);
});

test('holders never overlap while others take and release', async () => {
  const path = join(await scratch(), 'lock');
  let holders = 0;
  let taken = 0;
  const contend = async (): Promise<void> => {
    for (let round = 0; round < 40; round += 1) {
      const lock = await tryLock(path, { create: true });
      if (lock === null) continue;
      holders += 1;
      expect(holders).toBe(1);
      taken += 1;
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      lock.release();
    }
  };
  await Promise.all(Array.from({ length: 5 }, contend));
  expect(taken).toBeGreaterThan(10);
});

test('a lock on a file that was removed meanwhile guards nothing and is not taken', async () => {
  const folder = await scratch();
  const path = join(folder, 'lock');
  const first = await tryLock(path, { create: true });
  const attempt = tryLock(path, { create: true });
  first!.release();
  const second = await attempt;
  // Either it met the held lock, or it holds the file that is there now.
  if (second !== null) expect(readOwner(path)).toBe(process.pid);
  second?.release();
  expect(await readdir(folder)).toEqual([]);
});

test('releasing does not remove the lock of a folder that took the place of ours', async () => {
  const base = await scratch();
  const path = join(base, 'lock');
  const ours = await tryLock(path, { create: true });
  await rename(path, join(base, 'moved'));
  const theirs = await tryLock(path, { create: true });
  ours!.release();
  expect(await tryLock(path, { create: true })).toBeNull();
  theirs!.release();
});

test('a link in place of the lock is not followed', async () => {
  const folder = await scratch();
  await run('ln', ['-s', join(folder, 'elsewhere'), join(folder, 'mayfly.lock')]);
  await refusal(folder);
  expect(await readdir(folder)).toEqual(['mayfly.lock']);
});
