import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { type Binaries, locateBinaries } from '../../src/embedded/binaries.ts';
import { isRoot, later, query, run, scratch, start } from './support.ts';

/** The binaries as npm unpacks them with --ignore-scripts: without the links. */
async function withoutLinks(): Promise<Binaries> {
  const binaries = locateBinaries();
  const native = join(await scratch(), 'package', 'native');
  await mkdir(join(native, '..'));
  await cp(binaries.native, native, { recursive: true, verbatimSymlinks: true });
  const entries = await readdir(join(native, 'lib'), { withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isSymbolicLink())) {
    await rm(join(native, 'lib', entry.name));
  }
  return { ...binaries, native };
}

async function links(native: string): Promise<number> {
  const entries = await readdir(join(native, 'lib'), { withFileTypes: true });
  return entries.filter((entry) => entry.isSymbolicLink()).length;
}

test('missing links between libraries are made', async () => {
  const binaries = await withoutLinks();
  const server = await start(await scratch(), { binaries });
  expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
  expect(await links(binaries.native)).toBeGreaterThan(5);
});

test('missing links do not matter when the folder of the binaries cannot be written', async () => {
  const binaries = await withoutLinks();
  const cacheDir = join(await scratch(), 'cache');
  if (isRoot) {
    await run('mount', ['--bind', binaries.native, binaries.native]);
    later(() => run('umount', ['--lazy', binaries.native]));
    await run('mount', ['-o', 'remount,bind,ro', binaries.native]);
  } else {
    await chmod(join(binaries.native, 'lib'), 0o500);
    later(() => chmod(join(binaries.native, 'lib'), 0o700));
  }
  const dataDir = await scratch();
  const server = await start(dataDir, { binaries, cacheDir });
  expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
  expect(await links(binaries.native)).toBe(0);
  await server.stop();
  expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.log']);
});
