import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './support/cli.ts';
import { makeFolder, NO_CODE, startDev } from './support/dev.ts';

interface Report {
  ok: boolean;
  checks: { name: string; state: string; detail: string; remedy: string | null }[];
}

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function examine(cwd: string, env: Record<string, string> = {}, ...args: string[]) {
  const end = await cli(['doctor', '--json', ...args], { cwd, env });
  const report = JSON.parse(end.stdout) as Report;
  const find = (name: string) => report.checks.find((check) => check.name === name);
  return { ...end, report, find };
}

test('on a machine where all that is essential works', async () => {
  const { code, stderr, report, find } = await examine(folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(report.ok).toBe(true);
  expect(find('Node.js')).toMatchObject({ state: 'ok' });
  expect(find('PostgreSQL')).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/starts in/),
  });
  expect(find('Data folder')).toMatchObject({ state: 'ok' });
  // Somebody else may use the default port of this machine.
  expect(find('Server')).toMatchObject({
    state: 'missing',
    detail: expect.stringMatching(/^none runs at|is of somebody else$/),
    remedy: expect.stringMatching(/`mayfly dev`/),
  });
  expect(find('Sandbox')).toBeDefined();
  // Each that is missing tells what to do.
  const unexplained = report.checks.filter(({ state, detail }) => state !== 'ok' && detail === '');
  expect(unexplained).toEqual([]);
});

test('a folder that cannot be written and a server that is not there are told, with exit code 1', async () => {
  writeFileSync(join(folder, 'file'), '');
  const { code, report, find } = await examine(
    folder,
    { MAYFLY_SERVER: 'http://127.0.0.1:1' },
    '--data',
    'file/data',
  );
  expect(code).toBe(1);
  expect(report.ok).toBe(false);
  expect(find('Data folder')).toMatchObject({
    state: 'broken',
    remedy: 'Choose another folder with --data.',
  });
  expect(find('Server')).toMatchObject({ state: 'broken' });
});

test('the server of the folder, with its key and with a wrong one', async () => {
  const dev = await startDev(NO_CODE);
  const { find, code } = await examine(dev.folder);
  expect(code).toBe(0);
  expect(find('Server')).toMatchObject({
    state: 'ok',
    detail: `${dev.url} runs Mayfly 0.1.0 and takes the key`,
  });
  const wrong = await examine(dev.folder, { MAYFLY_API_KEY: 'wrong-key' });
  expect(wrong.code).toBe(1);
  expect(wrong.find('Server')?.detail).toContain('API key');
  await dev.stop();
});

test('people read one line a check', async () => {
  mkdirSync(join(folder, 'empty'));
  const { stdout } = await cli(['doctor'], { cwd: join(folder, 'empty') });
  expect(stdout).toMatch(/^✓ Node\.js +v\d+/);
  expect(stdout).toMatch(/^✓ PostgreSQL +the embedded one starts in/m);
  expect(stdout).toMatch(/^! Server +.*http:\/\/127\.0\.0\.1:2424.*\n +\S.*`mayfly dev`/m);
});
