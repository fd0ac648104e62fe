import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCli } from './support/cli.ts';
import { makeFolder, NO_CODE, THROW_AWAY, type ReadyDev } from './support/dev.ts';
import { descendantsOf, survivorsOf } from './support/processes.ts';

// `bin/mayfly.js` on a Node that is too old for the rest.

const OLD_NODE = '/usr/bin/node';
const isOld = existsSync(OLD_NODE) && versionOf(OLD_NODE) < 22;

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function versionOf(node: string): number {
  return Number(/^v(\d+)/.exec(execFileSync(node, ['--version']).toString())?.[1]);
}

describe.skipIf(!isOld)('on an old Node', () => {
  test('the command runs on the pinned one, with its output and exit code', async () => {
    const end = await startCli(['--version'], { cwd: folder, node: OLD_NODE }).end;
    expect(end).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' });
    const wrong = await startCli(['dve'], { cwd: folder, node: OLD_NODE }).end;
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Did you mean dev?') });
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('%s reaches all of it', async (signal) => {
    const args = ['dev', ...THROW_AWAY, ...NO_CODE, '--json'];
    const dev = startCli(args, { cwd: folder, node: OLD_NODE });
    const { pid } = await dev.firstJson<ReadyDev>();
    expect(pid).not.toBe(dev.pid);
    const family = descendantsOf(dev.pid);
    dev.kill(signal);
    const end = await dev.end;
    if (signal === 'SIGTERM') expect(end.code).toBe(0);
    await expect.poll(() => survivorsOf(family), { timeout: 10_000 }).toEqual([]);
  });

  test('without a newer Node it says which one it needs', () => {
    const root = join(folder, 'elsewhere');
    mkdirSync(join(root, 'dist'), { recursive: true });
    const bin = fileURLToPath(new URL('../bin', import.meta.url));
    cpSync(bin, join(root, 'bin'), { recursive: true });
    cpSync(join(bin, 'mayfly.js'), join(root, 'dist', 'main.js'));
    cpSync(join(bin, '..', 'package.json'), join(root, 'package.json'));
    expect(readdirSync(root).toSorted()).toEqual(['bin', 'dist', 'package.json']);
    expect(() =>
      execFileSync(OLD_NODE, [join(root, 'bin', 'mayfly.js')], { stdio: 'pipe' }),
    ).toThrow(/Mayfly needs Node\.js 22\.18 or newer, and this is v\d+/);
  });
});

test('without a build it says what to run', () => {
  const root = join(folder, 'unbuilt');
  mkdirSync(root);
  cpSync(fileURLToPath(new URL('../bin', import.meta.url)), join(root, 'bin'), { recursive: true });
  cpSync(fileURLToPath(new URL('../package.json', import.meta.url)), join(root, 'package.json'));
  expect(() =>
    execFileSync(process.execPath, [join(root, 'bin', 'mayfly.js')], { stdio: 'pipe' }),
  ).toThrow(/Mayfly is not built yet: run `npm run build`/);
});
