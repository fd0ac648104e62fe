import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { OwnerProcess } from './owner-process.ts';
import { isRoot, later, query, refusal, run, scratch, start, until } from './support.ts';

test('a path too long for a socket gets one among the temporary files, removed at stop', async () => {
  const dataDir = join(await scratch(), 'long'.repeat(30), 'data');
  const server = await start(dataDir);
  const { host } = server.connection;
  expect(dirname(host)).toBe(tmpdir());
  expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
  await server.stop();
  expect(await readdir(tmpdir())).not.toContain(host.slice(tmpdir().length + 1));
});

test('the socket among the temporary files vanishes with a killed owner', async () => {
  const owner = new OwnerProcess(join(await scratch(), 'long'.repeat(30)));
  const { host } = (await owner.ready()).connection;
  await owner.kill();
  await until(
    async () => !(await readdir(tmpdir())).includes(host.slice(tmpdir().length + 1)),
    'the folder of the socket is removed',
  );
});

test.each([`'quoted", $HOME`, '--ünïcödé'])('a folder named %s works', async (name) => {
  const server = await start(join(await scratch(), name));
  expect(await query(server, 'select 1 one')).toEqual([{ one: 1 }]);
});

test('a relative path and a link to a folder work', async () => {
  const base = await scratch();
  await mkdir(join(base, 'real'));
  await symlink('real', join(base, 'link'));
  const server = await start(relative(process.cwd(), join(base, 'link')));
  expect(server.connection.host).toBe(join(base, 'real', 'run'));
});

test('a file in place of the folder is refused', async () => {
  const base = await scratch();
  await writeFile(join(base, 'file'), '');
  expect(await refusal(join(base, 'file'))).toContain('not a folder');
  expect(await refusal(join(base, 'file', 'below'))).toContain('not a folder');
});

test('a folder that cannot be written is refused with the remedy', async () => {
  const base = await scratch();
  if (isRoot) {
    await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', base]);
    later(() => run('umount', [base]));
  } else {
    await chmod(base, 0o500);
    later(() => chmod(base, 0o700));
  }
  for (const dataDir of [base, join(base, 'data')]) {
    const message = await refusal(dataDir);
    expect(message).toContain(isRoot ? 'read-only' : 'permission denied');
    expect(message).toContain('--data');
  }
});
