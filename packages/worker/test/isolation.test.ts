import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonValue } from '@mayfly/contracts';
import {
  defineHandler,
  killOrphans,
  toOperation,
  type Isolation,
  type JobEnd,
  type RunningJob,
} from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inProcess, inThread } from './fixtures/handlers.ts';

interface Started extends RunningJob {
  lines: string[];
  percents: number[];
  /** Resolves at the first output. */
  printed: Promise<void>;
}

function start(isolation: Isolation, params: JsonValue): Started {
  const lines: string[] = [];
  const percents: number[] = [];
  const printed = Promise.withResolvers<void>();
  const job = isolation.start(
    { taskId: crypto.randomUUID(), attempt: 1, params },
    {
      output: (stream, data) => {
        lines.push(`${stream}: ${Buffer.from(data).toString().trim()}`);
        printed.resolve();
      },
      progress: (percent) => percents.push(percent),
    },
  );
  return { ...job, lines, percents, printed: printed.promise };
}

// One suite for both places that can kill.
describe.each([
  ['thread', inThread],
  ['process', inProcess],
])('isolation %s', (_level, handler) => {
  let isolation: Isolation;
  beforeAll(() => {
    ({ isolation } = toOperation(handler, { PATH: process.env['PATH'] ?? '' }));
  });
  afterAll(() => isolation.close());

  const run = (params: JsonValue): Promise<JobEnd> => start(isolation, params).ended;

  it('returns what the handler returns', async () => {
    const value = { nested: [1, 'ü', null, true] };
    expect(await run({ act: 'echo', value })).toEqual({ kind: 'returned', result: { value } });
  });

  it('tells what the handler throws, with a code of its own where it chose one', async () => {
    expect(await run({ act: 'throw' })).toEqual({
      kind: 'threw',
      code: 'attempt.failed',
      message: 'it went wrong',
    });
    expect(await run({ act: 'throw-code' })).toMatchObject({ code: 'shop.sold_out' });
    expect(await run({ act: 'unheard of' })).toMatchObject({ code: 'task.invalid_params' });
    expect(await run({ act: 'weird' })).toMatchObject({ kind: 'threw', message: /no JSON value/ });
  });

  it('passes on what is printed, logged and reported', async () => {
    const job = start(isolation, { act: 'print' });
    expect(await job.ended).toMatchObject({ kind: 'returned' });
    expect(job.percents).toEqual([50]);
    expect(job.lines).toContain('log: a line');
  });

  it('kills a loop that never yields', async () => {
    const job = start(isolation, { act: 'loop' });
    await job.printed;
    job.kill('ttl');
    expect(await job.ended).toEqual({ kind: 'stopped' });
  });

  it('kills what ignores the soft stop', async () => {
    const job = start(isolation, { act: 'stubborn' });
    await job.printed;
    job.terminate('cancel');
    job.kill('cancel');
    expect(await job.ended).toEqual({ kind: 'stopped' });
  });

  it('lets a handler that heeds the soft stop finish', async () => {
    const job = start(isolation, { act: 'polite' });
    await job.printed;
    job.terminate('ttl');
    expect(await job.ended).toEqual({ kind: 'returned', result: 'cleaned up' });
  });

  it('waits for the clean-up that a handler asks for, and goes on when that fails', async () => {
    const job = start(isolation, { act: 'clean-up' });
    await job.printed;
    job.terminate('drain');
    expect(await job.ended).toEqual({ kind: 'stopped' });
    expect(job.lines).toEqual([
      'log: waiting',
      'log: first in, last out: drain',
      'log: clean-up failed: no such table',
      'log: in time: drain',
    ]);
  });

  it('kills clean-up that does not end', async () => {
    const job = start(isolation, { act: 'endless-clean-up' });
    await job.printed;
    job.terminate('ttl');
    await expect.poll(() => job.lines).toContain('log: stopped');
    job.kill('ttl');
    expect(await job.ended).toEqual({ kind: 'stopped' });
  });

  it('does not let a soft stop that comes too late hit the next job', async () => {
    const job = start(isolation, { act: 'echo', value: 1 });
    await job.ended;
    job.terminate('ttl');
    const next = start(isolation, { act: 'clean-up' });
    await next.printed;
    next.terminate('cancel');
    await next.ended;
    expect(next.lines).toContain('log: in time: cancel');
  });

  it('can be killed before it is ready', async () => {
    const jobs = Array.from({ length: 5 }, () => start(isolation, { act: 'stubborn' }));
    for (const job of jobs) job.kill('cancel');
    for (const job of jobs) expect(await job.ended).toEqual({ kind: 'stopped' });
  });

  it('tells a crash, and goes on with the next job', async () => {
    expect(await run({ act: 'crash' })).toMatchObject({ kind: 'threw', code: 'handler.crashed' });
    expect(await run({ act: 'echo', value: 1 })).toMatchObject({ kind: 'returned' });
  });

  it('uses a place again after a good end, and never after a kill', async () => {
    const first = (await run({ act: 'count' })) as { result: number };
    expect(await run({ act: 'count' })).toEqual({ kind: 'returned', result: first.result + 1 });
    const job = start(isolation, { act: 'loop' });
    await job.printed;
    job.kill('ttl');
    await job.ended;
    expect(await run({ act: 'count' })).toEqual({ kind: 'returned', result: 1 });
  });

  it('runs several jobs side by side', async () => {
    const jobs = Array.from({ length: 6 }, (_, value) => run({ act: 'echo', value }));
    expect(await Promise.all(jobs)).toEqual(
      jobs.map((_, value) => ({ kind: 'returned', result: { value } })),
    );
  });
});

describe('isolation process', () => {
  it('kills children that have left the process group and lost their parent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-test-tree-'));
    const { isolation } = toOperation(inProcess, { PATH: process.env['PATH'] ?? '' });
    try {
      const file = join(folder, 'pid');
      const job = start(isolation, { act: 'daemon', file });
      await job.printed;
      const pid = readFileSync(file, 'utf8').trim();
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      job.kill('ttl');
      await job.ended;
      expect(isAlive(pid)).toBe(false);
    } finally {
      await isolation.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('dies with its worker, and what it left behind is killed by the next one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-test-orphan-'));
    const file = join(folder, 'pid');
    const script = fileURLToPath(new URL('fixtures/doomed-worker.ts', import.meta.url));
    const worker = spawn(process.execPath, ['--conditions=@mayfly/source', script, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(worker.stdout, 'data');
      const [handler] = childrenOf(worker.pid as number) as [string];
      const daemon = readFileSync(file, 'utf8').trim();
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      while (isAlive(handler)) await new Promise((resolve) => setImmediate(resolve));
      expect(isAlive(daemon)).toBe(true);
      expect(killOrphans()).toBeGreaterThan(0);
      while (isAlive(daemon)) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      worker.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });

  it('does not hand the environment of the worker on', async () => {
    process.env['MAYFLY_TEST_SECRET'] = 'secret';
    const { isolation } = toOperation(inProcess, { ONLY: 'this' });
    const job = start(isolation, { act: 'loop' });
    await job.printed;
    const environ = childrenOf(process.pid).map((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'utf8'),
    );
    expect(environ.some((text) => text.includes('ONLY=this'))).toBe(true);
    expect(environ.some((text) => text.includes('ONLY=this') && text.includes('SECRET'))).toBe(
      false,
    );
    job.kill('ttl');
    await job.ended;
    await isolation.close();
  });
});

describe('isolation inline', () => {
  it('hands the signal on, and says that it cannot kill', async () => {
    const handler = defineHandler({
      type: 'inline',
      isolation: 'inline',
      params: z.object({ obey: z.boolean() }),
      run: ({ obey }, { signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () =>
            obey ? reject(new Error('aborted')) : resolve('late'),
          );
        }),
    });
    const { isolation } = toOperation(handler, {});
    expect(isolation.canKill).toBe(false);
    const obedient = start(isolation, { obey: true });
    obedient.kill('ttl');
    expect(await obedient.ended).toEqual({ kind: 'stopped' });
    const late = start(isolation, { obey: false });
    late.kill('ttl');
    expect(await late.ended).toEqual({ kind: 'returned', result: 'late' });
  });
});

describe('defineHandler', () => {
  it('wants a module for every level that runs elsewhere', () => {
    // @ts-expect-error -- what a JavaScript user may write
    expect(() => defineHandler({ type: 'x', params: z.object({}), run: () => null })).toThrow(
      /module: import\.meta\.url/,
    );
  });
});

function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
}
