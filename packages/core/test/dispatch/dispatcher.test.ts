import { ManualClock, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME } from './harness.ts';

// Goal: whatever a worker does or fails to do, the server's side of an attempt ends rightly.
// Method: the core on a real store, and workers whose every word the test decides.
describe('the dispatcher', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it('hands a task to a free worker and takes its result', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit({ params: { n: 1 }, ttlMs: 5000, graceMs: 30 });
    const assignment = await worker.nextAssignment();
    expect(assignment).toMatchObject({
      taskId: task.id,
      attempt: 1,
      type: 'noop',
      paramsJson: '{"n":1}',
      graceMs: 30,
    });
    expect(assignment.ttlMs).toBeGreaterThan(4000);
    worker.report(assignment, 'completed', { resultJson: '{"ok":true}' });
    expect(await harness.until(task.id, 'completed')).toMatchObject({ result: { ok: true } });
    await worker.next((frame) => frame.settled.some((settled) => settled.accepted));
  });

  it('gives a worker no more than it has room for', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker(2);
    for (let n = 0; n < 5; n++) await harness.submit();
    const first = await worker.nextAssignment();
    await worker.nextAssignment();
    expect((await harness.store.reader.stats(1)).running).toBe(2);
    worker.report(first, 'completed');
    await harness.until(first.taskId, 'completed');
    expect((await harness.store.reader.stats(1)).running).toBe(1);
    worker.say({ credits: 1 });
    await worker.nextAssignment();
    expect((await harness.store.reader.stats(1)).running).toBe(2);
  });

  it('spreads tasks over workers', async () => {
    await using harness = await Harness.open(server);
    for (let n = 0; n < 4; n++) await harness.submit();
    const workers = await Promise.all([harness.worker(2), harness.worker(2)]);
    await Promise.all(
      workers.flatMap((worker) => [worker.nextAssignment(), worker.nextAssignment()]),
    );
  });

  it('serves queues and types only to workers that take them', async () => {
    await using harness = await Harness.open(server);
    await harness.core.types.add([
      { name: 'other', description: '', paramsSchema: {}, isolation: 'inline' },
    ]);
    const foreign = await harness.submit({ type: 'other', priority: 9 });
    const worker = await harness.worker(5);
    const own = await harness.submit({ queue: 'any' });
    expect(await worker.nextAssignment()).toMatchObject({ taskId: own.id });
    expect((await harness.get(foreign.id)).status).toBe('pending');
  });

  it('ends an attempt at its deadline when the worker does not, and refuses its late result', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker();
    const task = await harness.submit({ ttlMs: 20 });
    const assignment = await worker.nextAssignment();
    await clock.advance(20 + 49);
    expect((await harness.get(task.id)).status).toBe('running');
    await clock.advance(5);
    const expired = await harness.until(task.id, 'expired');
    expect(expired).toMatchObject({ error: { code: 'attempt.ttl_exceeded' } });
    await worker.next((frame) => frame.stops.some((stop) => stop.reason === 'ttl'));
    worker.report(assignment, 'completed', { resultJson: '1' });
    await worker.next((frame) => frame.settled.some((settled) => !settled.accepted));
    const [attempt] = await harness.core.queries.attempts(ME, task.id);
    expect(attempt?.lateResultRefusedAt).not.toBeNull();
    expect((await harness.get(task.id)).result).toBeNull();
  });

  it('turns a result after the deadline into an expiry, and runs the task again if it may', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker();
    const retry = { maxAttempts: 2, delayMs: 0, jitter: 0 };
    const task = await harness.submit({ ttlMs: 1, retry });
    const assignment = await worker.nextAssignment();
    const until = performance.now() + 5;
    while (performance.now() < until) await harness.store.ping();
    worker.report(assignment, 'completed', { resultJson: '1' });
    await worker.next((frame) => frame.settled.some((settled) => !settled.accepted));
    expect(await harness.get(task.id)).toMatchObject({ status: 'pending', result: null });
    expect(await harness.core.queries.attempts(ME, task.id)).toMatchObject([
      { number: 1, outcome: 'expired' },
    ]);
    worker.say({ credits: 1 });
    expect(await worker.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
  });

  it('takes what a stopped program had printed, also after the server has ended the attempt', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker();
    const task = await harness.submit({ ttlMs: 20 });
    const assignment = await worker.nextAssignment();
    await clock.advance(100);
    await harness.until(task.id, 'expired');
    worker.report(assignment, 'expired', {
      resultJson: '{"stdout":"so far"}',
      stopRequestedAgoMs: 90,
      stopConfirmedAgoMs: 10,
    });
    await worker.next((frame) => frame.settled.length > 0);
    expect((await harness.get(task.id)).result).toEqual({ stdout: 'so far' });
    const [attempt] = await harness.core.queries.attempts(ME, task.id);
    expect(attempt?.stop?.confirmedAt).not.toBeNull();
  });

  it('tells the worker of a cancel, and ends the task when the death is confirmed', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit({ graceMs: 250 });
    const assignment = await worker.nextAssignment();
    expect((await harness.core.control.cancel(ME, task.id)).status).toBe('running');
    const { stops } = await worker.next((frame) => frame.stops.length > 0);
    expect(stops).toEqual([{ taskId: task.id, attempt: 1, reason: 'cancel', graceMs: 250 }]);
    worker.report(assignment, 'cancelled', { stopRequestedAgoMs: 5, stopConfirmedAgoMs: 0 });
    await harness.until(task.id, 'cancelled');
  });

  it('keeps attempts of a worker whose connection was cut, and its report after it', async () => {
    await using harness = await Harness.open(server);
    const before = await harness.worker();
    const task = await harness.submit();
    const assignment = await before.nextAssignment();
    before.disconnect();
    expect((await harness.get(task.id)).status).toBe('running');
    const after = await harness.worker(0, before.incarnation, [assignment]);
    const { welcome } = await after.next((frame) => frame.welcome !== undefined);
    expect(welcome?.disowned).toEqual([]);
    after.report(assignment, 'completed', { resultJson: '7' });
    expect(await harness.until(task.id, 'completed')).toMatchObject({ result: 7, attempt: 1 });
  });

  it('takes back at a reconnect what the worker never received', async () => {
    await using harness = await Harness.open(server);
    const before = await harness.worker();
    const task = await harness.submit();
    await before.nextAssignment();
    before.disconnect();
    const after = await harness.worker(1, before.incarnation, []);
    expect(await after.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
  });

  it('disowns at a reconnect what went to somebody else', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker(0);
    const ref = { taskId: crypto.randomUUID(), attempt: 1 };
    worker.disconnect();
    const after = await harness.worker(0, worker.incarnation, [ref]);
    const { welcome } = await after.next((frame) => frame.welcome !== undefined);
    expect(welcome?.disowned).toEqual([ref]);
  });

  it('tells a worker that comes back of a cancel that it has missed', async () => {
    await using harness = await Harness.open(server);
    const before = await harness.worker();
    const task = await harness.submit();
    const assignment = await before.nextAssignment();
    before.disconnect();
    await harness.core.control.cancel(ME, task.id);
    const after = await harness.worker(0, before.incarnation, [assignment]);
    const { stops } = await after.next((frame) => frame.stops.length > 0);
    expect(stops).toMatchObject([{ taskId: task.id, reason: 'cancel' }]);
  });

  it('tells a worker with its heartbeat of a stop that another server has recorded', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit();
    await worker.nextAssignment();
    await harness.store.control.cancel([task.id], { owner: null });
    worker.say({ heartbeat: 1 });
    const { stops } = await worker.next((frame) => frame.stops.length > 0);
    expect(stops).toMatchObject([{ taskId: task.id, reason: 'cancel' }]);
    const { lease } = await worker.next((frame) => frame.lease !== undefined);
    expect(lease).toEqual({ heartbeat: 1, renewed: true });
  });

  it('tells the worker of a longer life, and tracks the new deadline itself', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker();
    const task = await harness.submit({ ttlMs: 1000 });
    await worker.nextAssignment();
    await harness.core.control.change(ME, task.id, { ttlMs: 60_000 });
    const { deadlines } = await worker.next((frame) => frame.deadlines.length > 0);
    expect(deadlines[0]?.ttlMs).toBeGreaterThan(50_000);
    await clock.advance(5000);
    expect((await harness.get(task.id)).status).toBe('running');
  });

  it('gives what a worker returns to another one', async () => {
    await using harness = await Harness.open(server);
    const full = await harness.worker();
    const task = await harness.submit();
    const assignment = await full.nextAssignment();
    const free = await harness.worker();
    full.say({ returned: [{ taskId: assignment.taskId, attempt: assignment.attempt }] });
    expect(await free.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
  });

  it('gives nothing to a worker that has missed heartbeats, until it is heard again', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const silent = await harness.worker();
    await clock.advance(2600);
    const task = await harness.submit();
    const other = await harness.worker();
    expect(await other.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 1 });
    const next = await harness.submit();
    silent.say({ heartbeat: 1 });
    expect(await silent.nextAssignment()).toMatchObject({ taskId: next.id });
  });

  it('gives back what a claim has taken whose answer was lost', async () => {
    await using harness = await Harness.open(server, { faults: 'attempt.claimed:error@2' });
    const worker = await harness.worker(2);
    const first = await harness.submit();
    expect(await worker.nextAssignment()).toMatchObject({ taskId: first.id, attempt: 1 });
    const second = await harness.submit();
    expect(await worker.nextAssignment()).toMatchObject({ taskId: second.id, attempt: 2 });
    expect(await harness.get(first.id)).toMatchObject({ status: 'running', attempt: 1 });
  });

  it('lets a retry wait while the attempt before it may still live', async () => {
    await using harness = await Harness.open(server, { lifetimes: { leaseMarginMs: 5000 } });
    const worker = await harness.worker();
    const retry = { maxAttempts: 2, retryOn: ['expired' as const], delayMs: 0 };
    const task = await harness.submit({ ttlMs: 20, retry });
    await worker.nextAssignment();
    const waiting = await harness.until(task.id, 'scheduled');
    expect(Date.parse(waiting.runAt ?? '') - Date.now()).toBeGreaterThan(60_000);
  });

  it('stores output before it shows the end', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit();
    const { taskId, attempt } = await worker.nextAssignment();
    const data = Buffer.from('hello');
    worker.say({
      output: [{ taskId, attempt, seq: 0, stream: 'stdout', data }],
      reports: [
        {
          taskId,
          attempt,
          outcome: 'completed',
          resultJson: undefined,
          errorCode: undefined,
          errorMessage: undefined,
          stopRequestedAgoMs: undefined,
          stopConfirmedAgoMs: undefined,
        },
      ],
    });
    await harness.until(task.id, 'completed');
    const chunks = await harness.store.reader.output(taskId, { attempt: 1, seq: 0 }, 100);
    expect(chunks.map((chunk) => chunk.data.toString())).toEqual(['hello']);
    await worker.next((frame) => frame.outputStored === 1);
  });

  it('gives back what a claim has taken for a worker that began to drain meanwhile', async () => {
    await using harness = await Harness.open(server);
    const { dispatch } = harness.store;
    const claim = dispatch.claim.bind(dispatch);
    const taken = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    dispatch.claim = async (request) => {
      const answer = await claim(request);
      if (answer.attempts.length > 0) {
        taken.resolve();
        await told.promise;
      }
      return answer;
    };
    const leaving = await harness.worker();
    const task = await harness.submit();
    await taken.promise;
    leaving.say({ draining: true });
    told.resolve();
    const other = await harness.worker();
    expect(await other.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
    expect(leaving.frames.flatMap((frame) => frame.assignments)).toEqual([]);
  });

  it('stores the last progress before it shows the end', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit();
    const ref = await worker.nextAssignment();
    const { dispatch } = harness.store;
    const saveProgress = dispatch.saveProgress.bind(dispatch);
    const busy = Promise.withResolvers<void>();
    dispatch.saveProgress = (updates) => busy.promise.then(() => saveProgress(updates));
    const percents = [10, 40, 90].map((percent) => ({ ...ref, percent }));
    for (const update of percents) worker.say({ progress: [update] });
    worker.report(ref, 'completed', { resultJson: '1' });
    for (let turns = 0; turns < 3; turns++) await harness.store.ping();
    busy.resolve();
    expect(await harness.until(task.id, 'completed')).toMatchObject({ progress: 90 });
  });

  it('fails an attempt whose result cannot be stored, and none beside it', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker(2);
    const bad = await harness.submit();
    const good = await harness.submit();
    const [one, two] = [await worker.nextAssignment(), await worker.nextAssignment()];
    worker.report(one, 'completed', { resultJson: '"\0"' });
    worker.report(two, 'completed', { resultJson: '"fine"' });
    expect(await harness.until(bad.id, 'failed')).toMatchObject({
      error: { code: 'attempt.invalid_result' },
    });
    expect(await harness.until(good.id, 'completed')).toMatchObject({ result: 'fine' });
  });

  it('refuses registrations that are not valid, with the broken fields', async () => {
    await using harness = await Harness.open(server);
    const link = { send: () => undefined, close: () => undefined };
    const attach = (registrationJson: string) =>
      harness.core.dispatcher.attach({ registrationJson, running: [] }, link);
    await expect(attach('{')).rejects.toMatchObject({ code: 'worker.rejected' });
    await expect(attach('{"name":""}')).rejects.toMatchObject({
      code: 'worker.rejected',
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/concurrency' })]),
    });
  });

  it('closes the session of a worker whose lease has ended', async () => {
    await using harness = await Harness.open(server, { lifetimes: { leaseMs: 1 } });
    const worker = await harness.worker(0);
    const until = performance.now() + 5;
    while (performance.now() < until) await harness.store.ping();
    worker.say({ heartbeat: 4 });
    const { lease } = await worker.next((frame) => frame.lease !== undefined);
    expect(lease).toEqual({ heartbeat: 4, renewed: false });
    await expect(harness.worker(0, worker.incarnation)).rejects.toMatchObject({
      code: 'attempt.lease_lost',
    });
  });
});
