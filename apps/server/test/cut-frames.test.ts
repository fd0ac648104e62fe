import type { Task } from '@mayfly/contracts';
import { silentLog, systemClock } from '@mayfly/contracts';
import type { ServerFrame, WorkerFrame } from '@mayfly/contracts/worker-protocol';
import { createLocalSource } from '@mayfly/server';
import { Worker, type TaskSource } from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breakOnce, mistype, type Break } from './break-once.ts';
import { ScriptedPlace } from './scripted-place.ts';
import { TestServer } from './support.ts';

// Goal: wherever the connection of a worker breaks, each task ends once and rightly, and what it
// printed is there once. Method: every kind of message that the protocol has, in a run in which all
// of them come, is lost with the connection, is the last one to arrive, or vanishes with all that
// follows on a half-open connection.
const UP: { [Kind in Exclude<keyof WorkerFrame, 'stuck' | 'sentAtMs' | 'hello'>]: Break['up'] } = {
  heartbeat: (frame) => frame.heartbeat !== undefined,
  credits: (frame) => frame.credits !== 0,
  reports: (frame) => frame.reports.length > 0,
  output: (frame) => frame.output.length > 0,
  progress: (frame) => frame.progress.length > 0,
  returned: (frame) => frame.returned.length > 0,
  draining: (frame) => frame.draining,
};
const DOWN: { [Kind in Exclude<keyof ServerFrame, 'moreWaiting'>]: Break['down'] } = {
  welcome: (frame) => frame.welcome !== undefined,
  lease: (frame) => frame.lease !== undefined,
  assignments: (frame) => frame.assignments.length > 0,
  stops: (frame) => frame.stops.length > 0,
  deadlines: (frame) => frame.deadlines.length > 0,
  settled: (frame) => frame.settled.length > 0,
  outputStored: (frame) => frame.outputStored > 0,
  drain: (frame) => frame.drain,
};
const WAYS = ['lost', 'last', 'half-open'] as const;

type Case = [name: string, way: (typeof WAYS)[number], plan: Partial<Break>];

const CASES: Case[] = WAYS.flatMap((way) => [
  ...Object.entries(UP).map(([kind, up]): Case => [`${kind} to the server`, way, { up }]),
  ...Object.entries(DOWN).map(([kind, down]): Case => [`${kind} to the worker`, way, { down }]),
]);

describe('a connection that breaks', () => {
  let mayfly: TestServer;
  beforeAll(async () => {
    mayfly = await TestServer.start();
    await mayfly.server.core.types.add([new ScriptedPlace().operation.taskType]);
  });
  afterAll(() => mayfly.stop());

  it.concurrent.each(CASES)('at %s (%s) loses and doubles nothing', async (name, way, plan) => {
    const queue = `${name} ${way}`.replaceAll(' ', '-');
    const place = new ScriptedPlace();
    const local = mistype(createLocalSource(mayfly.server.core.dispatcher));
    const broken = breakOnce(local, { ...plan, way });
    const worker = await join(broken.source, place, queue);
    const submit = (work: string, more: object = {}): Promise<Task> =>
      mayfly.submit('scripted', { work }, { queue, ...more });

    const printing = await submit('print');
    const foreign = await submit('foreign');
    const waiting = await submit('wait', { ttlMs: 60_000 });
    await mayfly.until(waiting.id, 'running');
    await mayfly.call('PATCH', `/api/tasks/${waiting.id}`, { body: { ttlMs: 50_000 } });
    await mayfly.until(printing.id, 'completed');
    await mayfly.post(`/api/tasks/${waiting.id}/cancel`);
    expect(await mayfly.finished(waiting.id)).toMatchObject({ status: 'cancelled' });
    const { body } = await mayfly.get(`/api/tasks/${printing.id}/output`);
    expect(body).toMatchObject({ stdout: 'one two three' });
    expect(await mayfly.finished(foreign.id)).toMatchObject({ status: 'completed' });

    if (!isOfTheEnd(plan)) await broken.done;
    await drain(worker, queue);
    const last = await submit('print');
    const heir = await join(createLocalSource(mayfly.server.core.dispatcher), place, queue);
    expect(await mayfly.finished(last.id)).toMatchObject({ status: 'completed' });
    await heir.close();
    await broken.done;
    expect(place.startedTwice).toEqual([]);
    expect(place.overlaps).toEqual([]);
  });

  /** What comes only when the worker is drained. */
  const isOfTheEnd = ({ up, down }: Partial<Break>): boolean =>
    up === UP.draining || down === DOWN.drain;

  async function join(source: TaskSource, place: ScriptedPlace, queue: string): Promise<Worker> {
    const worker = new Worker({
      source,
      operations: [place.operation],
      runtimes: [],
      sandbox: null,
      concurrency: 4,
      queues: [queue],
      name: queue,
      version: '0',
      clock: systemClock,
      log: silentLog,
    });
    await worker.start();
    return worker;
  }

  /** Asks for it over the API, as an operator does, and ends the worker when it has heard. */
  async function drain(worker: Worker, name: string): Promise<void> {
    const { body } = await mayfly.get('/api/workers');
    const found = (body.items as { id: string; name: string; state: string }[]).filter(
      (item) => item.name === name && item.state === 'online',
    );
    for (const { id } of found) await mayfly.post(`/api/workers/${id}/drain`);
    await worker.drainAsked;
    await worker.drain(1000);
  }
});
