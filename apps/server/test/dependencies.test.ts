import type { Task } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

const NOBODY = '01900000-0000-7000-8000-00000000dead';

describe('tasks that wait for others', () => {
  let mayfly: TestServer;
  const nap = { type: 'sleep', params: { ms: 1 }, ttlMs: 10_000 };

  beforeAll(async () => {
    mayfly = await TestServer.start();
  });
  afterAll(() => mayfly.stop());

  it('run in their order, in a batch by reference', async () => {
    const items = [nap, { ...nap, after: ['#0'] }, { ...nap, after: ['#1', '#0'] }];
    const { status, body } = await mayfly.post('/api/tasks/batch', { tasks: items });
    expect(status).toBe(201);
    const [first, second, third] = body.tasks as [Task, Task, Task];
    expect(body.tasks.map((task: Task) => task.status)).toEqual([
      'pending',
      'scheduled',
      'scheduled',
    ]);
    expect(third).toMatchObject({ after: [second.id, first.id], afterPolicy: 'cancel' });
    const worker = await mayfly.work();
    const last = await mayfly.finished(third.id);
    const middle = await mayfly.finished(second.id);
    const before = await mayfly.finished(first.id);
    expect(last.status).toBe('completed');
    expect(before.finishedAt! <= middle.startedAt!).toBe(true);
    expect(middle.finishedAt! <= last.startedAt!).toBe(true);
    await worker.close();
  });

  it('are cancelled with the one that they wait for, or run anyway', async () => {
    const first = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 3_600_000 });
    const careful = await mayfly.submit('sleep', { ms: 1 }, { after: [first.id] });
    const bold = await mayfly.submit(
      'sleep',
      { ms: 1 },
      { after: [first.id.toUpperCase()], afterPolicy: 'run-anyway' },
    );
    await mayfly.post(`/api/tasks/${first.id}/cancel`);
    expect((await mayfly.get(`/api/tasks/${careful.id}`)).body).toMatchObject({
      status: 'cancelled',
      error: { code: 'task.dependency_failed' },
    });
    expect((await mayfly.get(`/api/tasks/${bold.id}`)).body.status).toBe('pending');
    await mayfly.post(`/api/tasks/${bold.id}/cancel`);
  });

  it('answer a repeated Idempotency-Key with the first task, and spend none on a refusal', async () => {
    const first = await mayfly.submit('sleep', { ms: 1 });
    const submit = (after: string[]) =>
      mayfly.call('POST', '/api/tasks', {
        body: { ...nap, after },
        headers: { 'idempotency-key': 'tied' },
      });
    expect((await submit([NOBODY])).status).toBe(422);
    const made = await submit([first.id]);
    expect(made.status).toBe(201);
    const again = await submit([first.id]);
    expect(again).toMatchObject({ status: 200, body: { id: made.body.id } });
  });

  describe('with bad input are told what to mend, and nothing is stored', () => {
    async function refused(path: string, body: object, code: string, pointers: string[]) {
      const before = await mayfly.snapshot();
      const answer = await mayfly.post(path, body);
      expect(answer).toMatchObject({ status: 422, body: { code } });
      const found = answer.body.errors.map((error: { pointer: string }) => error.pointer);
      expect(found).toEqual(pointers);
      expect(answer.body.detail).toMatch(/\.$/);
      expect(await mayfly.snapshot()).toBe(before);
    }
    const one = (after: unknown, code: string, pointers: string[]) =>
      refused('/api/tasks', { ...nap, after }, code, pointers);
    const batch = (afters: string[][], code: string, pointers: string[]) =>
      refused(
        '/api/tasks/batch',
        { tasks: afters.map((after) => ({ ...nap, after })) },
        code,
        pointers,
      );

    it('an unknown task', async () => {
      await one([NOBODY], 'task.unknown_dependency', ['/after/0']);
      await batch([[], ['#0', NOBODY]], 'task.unknown_dependency', ['/tasks/1/after/1']);
    });

    it('a task of somebody else', async () => {
      const foreign = await mayfly.submit('sleep', { ms: 1 });
      const key = await mayfly.makeKey('tasks:write', 'tasks:read');
      const answer = await mayfly.post('/api/tasks', { ...nap, after: [foreign.id] }, key);
      expect(answer.body).toMatchObject({
        code: 'task.unknown_dependency',
        errors: [{ pointer: '/after/0' }],
      });
      const all = await mayfly.makeKey('tasks:write', 'tasks:read:all');
      const seen = await mayfly.post('/api/tasks', { ...nap, after: [foreign.id] }, all);
      expect(seen.status).toBe(201);
    });

    it('itself, a later item, a cycle', async () => {
      await batch([['#0']], 'request.invalid', ['/tasks/0/after/0']);
      await batch([[], ['#1']], 'request.invalid', ['/tasks/1/after/0']);
      await batch([['#1'], ['#0']], 'request.invalid', ['/tasks/0/after/0']);
      await batch([[], ['#7', '#0']], 'request.invalid', ['/tasks/1/after/0']);
    });

    it('a reference outside a batch, a repetition, no id at all, too many, an unknown policy', async () => {
      await one(['#0'], 'request.invalid', ['/after/0']);
      await one([NOBODY, NOBODY], 'request.invalid', ['/after/1']);
      await one(['first'], 'request.invalid', ['/after/0']);
      await one(
        Array.from({ length: 101 }, () => NOBODY),
        'request.invalid',
        ['/after'],
      );
      await refused('/api/tasks', { ...nap, afterPolicy: 'hope' }, 'request.invalid', [
        '/afterPolicy',
      ]);
    });
  });
});
