import type { MayflyError } from '@mayfly/contracts';
import {
  workerFrame,
  type Hello,
  type ServerFrame,
  type WorkerFrame,
} from '@mayfly/contracts/worker-protocol';
import { createLocalSource } from '@mayfly/server';
import { createGrpcSource, type SourceSession, type TaskSource } from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, TestServer } from './support.ts';

// Goal: a worker cannot tell one task source from another.
// Method: one suite on a real server, over the wire and within the process.
const SOURCES: [string, (mayfly: TestServer) => TaskSource][] = [
  ['in process', ({ server }) => createLocalSource(server.core.dispatcher)],
  [
    'gRPC',
    ({ server }) =>
      createGrpcSource({ address: `127.0.0.1:${server.grpcPort}`, apiKey: ADMIN_KEY }),
  ],
];

describe.each(SOURCES)('task source: %s', (_name, create) => {
  let mayfly: TestServer;
  beforeAll(async () => {
    mayfly = await TestServer.start();
    await mayfly.server.core.types.add([type]);
  });
  afterAll(() => mayfly.stop());

  const type = { name: 'noop', description: '', paramsSchema: {}, isolation: 'inline' as const };

  function hello(changes: { incarnation?: string; running?: Hello['running'] } = {}): Hello {
    const registration = {
      incarnation: changes.incarnation ?? crypto.randomUUID(),
      name: 'probe',
      host: 'here',
      pid: 1,
      version: '0',
      concurrency: 4,
      queues: [],
      types: [type],
      runtimes: [],
      sandbox: null,
    };
    return { registrationJson: JSON.stringify(registration), running: changes.running ?? [] };
  }

  class Peer {
    readonly frames: ServerFrame[] = [];
    readonly closed = Promise.withResolvers<MayflyError | undefined>();
    session: SourceSession | undefined;
    #news: (() => void)[] = [];

    async open(greeting = hello()): Promise<this> {
      this.session = await create(mayfly).open(greeting, {
        onFrame: (frame) => {
          this.frames.push(frame);
          for (const resolve of this.#news.splice(0)) resolve();
        },
        onClosed: (reason) => this.closed.resolve(reason),
      });
      return this;
    }

    say(parts: Partial<WorkerFrame>): void {
      this.session?.send(workerFrame(parts));
    }

    async next<Part>(pick: (frame: ServerFrame) => Part | undefined): Promise<Part> {
      for (;;) {
        for (const frame of this.frames) {
          const part = pick(frame);
          if (part !== undefined) return part;
        }
        await new Promise<void>((resolve) => this.#news.push(resolve));
      }
    }
  }

  it('greets with the terms of the lease, and answers heartbeats by number', async () => {
    const peer = await new Peer().open();
    expect(await peer.next((frame) => frame.welcome)).toEqual({
      leaseMs: 5000,
      heartbeatMs: 1000,
      disowned: [],
    });
    peer.say({ heartbeat: 17 });
    expect(await peer.next((frame) => frame.lease)).toEqual({ heartbeat: 17, renewed: true });
    peer.session?.close();
    await peer.closed.promise;
  });

  it('carries assignments, output, progress, reports and their settlement', async () => {
    const peer = await new Peer().open();
    const params = { text: 'ünïcode \0 \ud800', n: 1 };
    const { id } = await mayfly.submit('noop', params);
    peer.say({ credits: 1 });
    const { taskId, attempt, paramsJson, ttlMs } = await peer.next((frame) => frame.assignments[0]);
    expect([taskId, JSON.parse(paramsJson)]).toEqual([id, params]);
    expect(ttlMs).toBeGreaterThan(5000);
    const data = Buffer.from([0, 1, 255]);
    peer.say({
      output: [{ taskId, attempt, seq: 0, stream: 'stderr', data }],
      progress: [{ taskId, attempt, percent: 33 }],
    });
    expect(await peer.next((frame) => frame.outputStored || undefined)).toBe(1);
    peer.say({
      reports: [
        {
          taskId,
          attempt,
          outcome: 'completed',
          resultJson: '{"fine":true}',
          errorCode: undefined,
          errorMessage: undefined,
          stopRequestedAgoMs: undefined,
          stopConfirmedAgoMs: undefined,
        },
      ],
    });
    expect(await peer.next((frame) => frame.settled[0])).toEqual({
      taskId,
      attempt,
      accepted: true,
    });
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'completed',
      result: { fine: true },
      progress: 33,
    });
    const { body: output } = await mayfly.get(`/api/tasks/${id}/output`);
    expect(Buffer.from(output.stderr.base64, 'base64')).toEqual(data);
    peer.session?.close();
  });

  it('says deadlines on the clock of the worker, and lets it take credits back', async () => {
    const peer = await new Peer().open();
    peer.say({ credits: 3, sentAtMs: 1e6 });
    const first = await mayfly.submit('noop', {});
    const { deadlineAtMs } = await peer.next((frame) => frame.assignments[0]);
    // 10 s from then, less what it took to come here.
    expect(deadlineAtMs).toBeGreaterThan(1e6 + 5000);
    peer.say({ credits: -2, sentAtMs: 1e6 });
    peer.say({ heartbeat: 1 });
    await peer.next((frame) => frame.lease);
    const other = await new Peer().open();
    other.say({ credits: 1 });
    const second = await mayfly.submit('noop', {});
    expect(await other.next((frame) => frame.assignments[0])).toMatchObject({ taskId: second.id });
    expect(peer.frames.flatMap((frame) => frame.assignments)).toHaveLength(1);
    other.session?.close();
    for (const { id } of [first, second]) await mayfly.post(`/api/tasks/${id}/cancel`);
    peer.session?.close();
  });

  it('carries stops and new deadlines', async () => {
    const peer = await new Peer().open();
    const { id } = await mayfly.submit('noop', {}, { ttlMs: 5000 });
    peer.say({ credits: 1 });
    const { taskId, attempt } = await peer.next((frame) => frame.assignments[0]);
    await mayfly.call('PATCH', `/api/tasks/${id}`, { body: { ttlMs: 50_000 } });
    expect((await peer.next((frame) => frame.deadlines[0])).ttlMs).toBeGreaterThan(40_000);
    await mayfly.post(`/api/tasks/${id}/cancel`);
    expect(await peer.next((frame) => frame.stops[0])).toMatchObject({
      taskId,
      attempt,
      reason: 'cancel',
    });
    peer.session?.close();
  });

  it('keeps attempts through a new connection of the same incarnation', async () => {
    const incarnation = crypto.randomUUID();
    const first = await new Peer().open(hello({ incarnation }));
    const { id } = await mayfly.submit('noop', {});
    first.say({ credits: 1 });
    const { taskId, attempt } = await first.next((frame) => frame.assignments[0]);
    const second = await new Peer().open(hello({ incarnation, running: [{ taskId, attempt }] }));
    expect((await second.next((frame) => frame.welcome)).disowned).toEqual([]);
    expect(await first.closed.promise).toMatchObject({ code: 'server.unreachable' });
    second.say({
      reports: [
        {
          taskId,
          attempt,
          outcome: 'failed',
          resultJson: undefined,
          errorCode: 'my.code',
          errorMessage: 'because',
          stopRequestedAgoMs: undefined,
          stopConfirmedAgoMs: undefined,
        },
      ],
    });
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'failed',
      error: { code: 'my.code', message: 'because' },
    });
    second.session?.close();
  });

  it('refuses with a code', async () => {
    const broken = { registrationJson: '{"name":1}', running: [] };
    await expect(new Peer().open(broken)).rejects.toMatchObject({ code: 'worker.rejected' });
  });

  it('tells when the server goes away', async () => {
    const peer = await new Peer().open();
    mayfly.server.core.dispatcher.close();
    expect(await peer.closed.promise).toMatchObject({ code: 'server.unreachable' });
  });
});
