import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createClient } from '@mayfly/client';
import { requirePart } from '@mayfly/testkit';
import { openCodeSandbox } from '@mayfly/worker';
import { afterAll, expect, test } from 'vitest';
import { startServer } from '../demo/server.ts';

const LANGUAGES = ['python', 'c-gcc', 'c-clang', 'cpp-gcc', 'cpp-clang', 'bash'];

const temporary = mkdtempSync(join(tmpdir(), 'mayfly-examples-test-'));

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const offered = await openCodeSandbox().then(
  async (sandbox) => {
    await sandbox.close();
    return sandbox.runtimes.map(({ name }) => name);
  },
  (): string[] => [],
);
const hasLanguages = requirePart(
  'a sandbox with every language',
  LANGUAGES.every((name) => offered.includes(name)),
  'Install it: scripts/set-up as root.',
);

test.skipIf(!hasLanguages)('the demo does all it says and leaves nothing running', async () => {
  const mark = crypto.randomUUID();
  const { code, stdout } = await runExample('demo/demo.ts', { MAYFLY_DEMO_MARK: mark });
  expect(stdout).toMatch(/^17 tasks in [\d.]+ s: /m);
  expect(stdout).not.toContain('Not as it should be');
  expect(stdout).not.toContain('Left out');
  expect(code).toBe(0);
  expect(findProcesses(mark)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test.skipIf(!offered.includes('python'))(
  'the first task prints what its program says',
  async () => {
    const server = await startServer();
    try {
      const env = { MAYFLY_SERVER: server.url, MAYFLY_API_KEY: server.apiKey };
      const { code, stdout } = await runExample('first-task/first-task.ts', env);
      expect(stdout).toMatch(/^8 words\ncompleted \{.*"verdict":"ok".*\}\n$/);
      expect(code).toBe(0);
    } finally {
      await server.stop();
    }
  },
);

test('the handlers run, and their params are checked at submission', async () => {
  const server = await startServer();
  try {
    const mayfly = createClient(server);
    const type = 'report.build';
    const { id } = await mayfly.submit({ type, params: { rows: 10, columns: 2 }, ttlMs: 20_000 });
    expect(await mayfly.wait(id)).toMatchObject({
      status: 'completed',
      result: { rows: 10, totals: [495, 465] },
    });
    await expect(mayfly.submit({ type, params: { rows: 0 }, ttlMs: 1000 })).rejects.toMatchObject({
      code: 'task.invalid_params',
      errors: [{ pointer: '/params/rows' }],
    });
  } finally {
    await server.stop();
  }
});

async function runExample(
  name: string,
  more: Record<string, string>,
): Promise<{ code: number | null; stdout: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../${name}`, import.meta.url))], {
    env: { PATH, HOME, TMPDIR: temporary, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: child.exitCode, stdout };
}

/** Processes that were started with this in their environment. */
function findProcesses(mark: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/environ`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}
