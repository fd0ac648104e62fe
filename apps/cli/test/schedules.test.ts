import type { Schedule, Task } from '@mayfly/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NO_CODE, startDev, type Dev } from './support/dev.ts';

let dev: Dev;

beforeAll(async () => {
  dev = await startDev(NO_CODE);
});
afterAll(() => dev.stop());

async function run(...args: string[]): Promise<string> {
  const end = await dev.cli(['schedules', ...args]);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  return end.stdout.trimEnd();
}

test('schedules are made, shown, listed, paused, resumed, run and deleted', async () => {
  const nap = ['--params', '{"ms":1}', '--ttl', '2s', '--label', 'by=cli', '--retries', '1'];
  const nightly = ['--cron', '0 3 * * 1-5', '--time-zone', 'Europe/Berlin', '--overlap', 'queue'];
  const id = await run('create', 'nightly', 'sleep', ...nightly, ...nap, '--catch-up', 'all');
  const shown = JSON.parse(await run('show', id, '--next', '2', '--json')) as Schedule;
  expect(shown).toMatchObject({
    id,
    cron: '0 3 * * 1-5',
    timeZone: 'Europe/Berlin',
    catchUp: 'all',
    overlap: 'queue',
    task: { type: 'sleep', ttlMs: 2000, labels: { by: 'cli' }, retry: { maxAttempts: 2 } },
  });
  expect(shown.nextRuns).toHaveLength(2);
  expect(await run('show', id)).toContain('0 3 * * 1-5 Europe/Berlin');
  expect(await run('pause', id)).toBe(`${id} is paused`);
  expect(await run('ls')).toMatch(/nightly +sleep +0 3 \* \* 1-5 Europe\/Berlin +paused/);
  expect(await run('resume', id)).toContain('runs next at');
  const taskId = await run('run', id);
  const task = await dev.client.wait(taskId);
  expect(task).toMatchObject({
    status: 'completed',
    labels: { by: 'cli' },
  } satisfies Partial<Task>);
  expect(await dev.client.schedules.runs(id)).toMatchObject([{ taskId, planned: false }]);
  expect(await run('rm', id)).toBe(`${id} is deleted`);
  expect(JSON.parse(await run('ls', '--json'))).toEqual({ items: [] });
});

test('what is wrong is told with its field', async () => {
  const end = await dev.cli([
    'schedules',
    'create',
    'x',
    'sleep',
    '--every',
    '10ms',
    '--ttl',
    '1s',
  ]);
  expect(end.code).toBe(1);
  expect(end.stderr).toContain('/everyMs');
});

test('submit ties a task to others', async () => {
  const first = await dev.client.submit({ type: 'sleep', ttlMs: 1000, params: { ms: 1 } });
  const args = ['--params', '{"ms":1}', '--after', first.id, '--after-policy', 'run-anyway'];
  const end = await dev.cli(['submit', 'sleep', ...args, '--wait', '--json']);
  const task = JSON.parse(end.stdout) as Task;
  expect(task).toMatchObject({
    status: 'completed',
    after: [first.id],
    afterPolicy: 'run-anyway',
  });
});
