import { appendFile, cp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { locateBinaries } from '../../src/embedded/binaries.ts';
import { fastClock, isGone, query, refusal, scratch, start } from './support.ts';

test('the unexpected death of the server is told, also to those who ask late', async () => {
  const dataDir = await scratch();
  const server = await start(dataDir);
  const why = new Promise<string>((resolve) => server.onExit(resolve));
  process.kill(server.serverPid, 'SIGKILL');
  expect(await why).toContain('SIGKILL');
  expect(await new Promise<string>((resolve) => server.onExit(resolve))).toBe(await why);

  await server.stop();
  const next = await start(dataDir);
  expect(await query(next, 'select 1 one')).toEqual([{ one: 1 }]);
});

test('an ordinary stop is no unexpected death', async () => {
  const server = await start(await scratch());
  const calls: string[] = [];
  server.onExit((why) => calls.push(why));
  await server.stop();
  expect(calls).toEqual([]);
});

test('a server that does not react is stopped by force', async () => {
  const dataDir = await scratch();
  const server = await start(dataDir, { clock: fastClock });
  process.kill(server.serverPid, 'SIGSTOP');
  await server.stop();
  expect(await isGone(server.serverPid)).toBe(true);
  await start(dataDir);
});

test('a server that does not come up is told with its last words, and frees the folder', async () => {
  const dataDir = await scratch();
  const message = await refusal(dataDir, { settings: { shared_buffers: 'a few' } });
  expect(message).toContain('invalid value for parameter "shared_buffers"');
  expect(message).toContain('postgres.log');
  await start(dataDir);
});

test('a platform without binaries is named, with the remedy', () => {
  for (const system of ['win32', 'plan9', 'linux']) {
    const locate = (): unknown => locateBinaries(system, 'sparc');
    expect(locate).toThrow(new RegExp(`${system}-sparc.*--database postgres://`));
  }
});

test('binaries that cannot be executed here are told', async () => {
  const binaries = locateBinaries();
  const native = join(await scratch(), 'native');
  await cp(binaries.native, native, { recursive: true, verbatimSymlinks: true });
  await writeFile(join(native, 'bin', 'initdb'), '#!/lib/no-such-loader.so\n');
  const message = await refusal(await scratch(), { binaries: { ...binaries, native } });
  expect(message).toContain('cannot run on this system');
  expect(message).toContain('--database');
});

test('the log is rotated at a start once it is large, and only then', async () => {
  const dataDir = await scratch();
  const path = join(dataDir, 'postgres.log');
  await (await start(dataDir)).stop();
  await (await start(dataDir)).stop();
  expect((await readFile(path, 'utf8')).match(/ready to accept/g)).toHaveLength(2);

  await appendFile(path, 'x'.repeat(5 * 1024 * 1024));
  await (await start(dataDir)).stop();
  expect((await readFile(path, 'utf8')).match(/ready to accept/g)).toHaveLength(1);
  expect((await stat(`${path}.1`)).size).toBeGreaterThan(5 * 1024 * 1024);
});

test('errors of statements go to the client, not into the log', async () => {
  const dataDir = await scratch();
  const server = await start(dataDir);
  await expect(query(server, 'select secret from nowhere')).rejects.toThrow('nowhere');
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('nowhere');
});
