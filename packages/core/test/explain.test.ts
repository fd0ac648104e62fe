import {
  NO_RETRY,
  type Attempt,
  type QueueControls,
  type Task,
  type WorkerView,
} from '@mayfly/contracts';
import { explain, type QueueLoad, type Snapshot } from '@mayfly/core';
import { describe, expect, it } from 'vitest';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const at = (ms: number): string => new Date(NOW + ms).toISOString();

const TASK: Task = {
  id: '01900000-0000-7000-8000-000000000001',
  type: 'mail.send',
  description: null,
  queue: 'mail',
  priority: 0,
  status: 'pending',
  params: {},
  ttlMs: 1000,
  queueTtlMs: null,
  totalTtlMs: null,
  graceMs: 0,
  after: [],
  afterPolicy: null,
  webhook: null,
  retry: NO_RETRY,
  attempt: 0,
  owner: 'me',
  labels: {},
  concurrencyKey: null,
  progress: null,
  createdAt: at(-5000),
  runAt: null,
  startedAt: null,
  deadlineAt: null,
  finishedAt: null,
  worker: null,
  result: null,
  error: null,
};

const WORKER: WorkerView = {
  id: '01900000-0000-7000-8000-00000000000a',
  name: 'w1',
  host: 'h',
  pid: 1,
  version: '0',
  state: 'online',
  concurrency: 4,
  running: 0,
  stuck: 0,
  queues: [],
  types: ['mail.send'],
  runtimes: [],
  sandbox: null,
  registeredAt: at(-9000),
  leaseUntil: at(4000),
};

const ATTEMPT: Attempt = {
  number: 1,
  worker: 'w1',
  startedAt: at(-2000),
  finishedAt: at(-1000),
  outcome: 'failed',
  error: { code: 'attempt.failed', message: 'boom' },
  stop: null,
  lateResultRefusedAt: null,
};

const CONTROLS: QueueControls = {
  paused: false,
  concurrency: null,
  rateLimit: null,
  keyConcurrency: null,
  keyRateLimit: null,
};

const NOBODY = { count: 0, tasks: [] };

function load(controls: Partial<QueueControls>, changes: Partial<QueueLoad> = {}): QueueLoad {
  const own = { key: 'k', running: 2, started: 2, freeInMs: 700 };
  const whole = { running: 3, started: 3, freeInMs: 400, keys: [own] };
  return { controls: { ...CONTROLS, ...controls }, ...whole, ...changes };
}

function told(changes: Partial<Snapshot> & { task?: Task } = {}): ReturnType<typeof explain> {
  const standing = { runtime: '', ahead: 0, load: null };
  const none = { attempts: [], predecessors: NOBODY, heldUntil: null };
  const rest = { ...none, workers: [WORKER], nowMs: NOW };
  return explain({ task: TASK, standing, ...rest, ...changes });
}

const task = (changes: Partial<Task>): Task => ({ ...TASK, ...changes });
const codes = (changes: Parameters<typeof told>[0]): string[] =>
  told(changes).reasons.map((entry) => entry.code);
const limited = (controls: Partial<QueueControls>, changes: Partial<Task> = {}): string[] =>
  codes({ task: task(changes), standing: { runtime: '', ahead: 0, load: load(controls) } });

describe('why a pending task waits', () => {
  it('its place in the line', () => {
    const standing = { runtime: '', ahead: 7, load: null };
    expect(told({ standing })).toMatchObject({
      status: 'pending',
      ahead: 7,
      reasons: [{ code: 'wait.next_in_line', at: null }],
    });
    expect(told({ standing }).reasons[0]?.message).toMatch(/^7 go before it/);
    expect(codes({ standing: null })).toEqual(['wait.next_in_line']);
  });

  it('nobody who could take it is connected', () => {
    const runtime = { runtime: 'python-3.11', ahead: 0, load: null };
    expect(codes({ workers: [] })).toEqual(['wait.no_worker_for_type']);
    expect(codes({ workers: [{ ...WORKER, types: ['other'] }] })).toEqual([
      'wait.no_worker_for_type',
    ]);
    expect(codes({ workers: [{ ...WORKER, state: 'lost' }] })).toEqual(['wait.no_worker_for_type']);
    expect(codes({ workers: [{ ...WORKER, leaseUntil: at(-1) }] })).toEqual([
      'wait.no_worker_for_type',
    ]);
    expect(codes({ standing: runtime })).toEqual(['wait.no_worker_for_runtime']);
    expect(codes({ workers: [{ ...WORKER, queues: ['a'] }] })).toEqual([
      'wait.no_worker_for_queue',
    ]);
    expect(codes({ workers: [{ ...WORKER, queues: ['mail'] }] })).toEqual(['wait.next_in_line']);
  });

  it('all who could take it shut down, or have no room', () => {
    const full = { ...WORKER, running: 4 };
    expect(codes({ workers: [{ ...WORKER, state: 'draining' }] })).toEqual([
      'wait.workers_draining',
    ]);
    expect(codes({ workers: [full] })).toEqual(['wait.workers_full']);
    expect(codes({ workers: [full, WORKER] })).toEqual(['wait.next_in_line']);
  });

  it('the controls of its queue', () => {
    expect(limited({ paused: true })).toEqual(['wait.queue_paused']);
    expect(limited({ concurrency: 3 })).toEqual(['wait.queue_concurrency']);
    expect(limited({ concurrency: 4 })).toEqual(['wait.next_in_line']);
    expect(limited({ rateLimit: { count: 3, perMs: 1000 } })).toEqual(['wait.queue_rate']);
    expect(limited({ rateLimit: { count: 4, perMs: 1000 } })).toEqual(['wait.next_in_line']);
  });

  it('the limits of its key, when it has one', () => {
    const keyed = { concurrencyKey: 'k' };
    const keyRateLimit = { count: 2, perMs: 1000 };
    expect(limited({ keyConcurrency: 2 }, keyed)).toEqual(['wait.key_concurrency']);
    expect(limited({ keyRateLimit }, keyed)).toEqual(['wait.key_rate']);
    expect(limited({ keyConcurrency: 2, keyRateLimit })).toEqual(['wait.next_in_line']);
    expect(limited({ keyConcurrency: 3 }, keyed)).toEqual(['wait.next_in_line']);
  });

  it('says when the next start is free', () => {
    const standing = {
      runtime: '',
      ahead: 0,
      load: load({ rateLimit: { count: 3, perMs: 1000 }, keyRateLimit: { count: 1, perMs: 900 } }),
    };
    const { reasons } = told({ task: task({ concurrencyKey: 'k' }), standing });
    expect(reasons.map((entry) => [entry.code, entry.at])).toEqual([
      ['wait.queue_rate', at(400)],
      ['wait.key_rate', at(700)],
    ]);
  });

  it('everything that holds it at once', () => {
    const standing = { runtime: '', ahead: 0, load: load({ paused: true, concurrency: 1 }) };
    expect(codes({ standing, workers: [] })).toEqual([
      'wait.queue_paused',
      'wait.queue_concurrency',
      'wait.no_worker_for_type',
    ]);
  });
});

describe('what a task does that is not pending', () => {
  it('waits for its time', () => {
    const later = task({ status: 'scheduled', runAt: at(60_000) });
    expect(told({ task: later })).toMatchObject({
      ahead: null,
      reasons: [{ code: 'wait.scheduled', at: at(60_000) }],
    });
  });

  it('waits for other tasks, and for its time when that is still to come', () => {
    const tasks = [
      { id: '01900000-0000-7000-8000-00000000000b', status: 'running' },
      { id: '01900000-0000-7000-8000-00000000000c', status: 'pending' },
    ] as const;
    const predecessors = { count: 5, tasks: [...tasks] };
    const tied = (runAt: string | null) =>
      told({ task: task({ status: 'scheduled', runAt }), predecessors }).reasons;
    const [found] = tied(null);
    expect(found).toMatchObject({ code: 'wait.predecessors', at: null, tasks });
    expect(found?.message).toMatch(/5 tasks .*0b \(running\), .*0c \(pending\) and 3 more/);
    expect(tied(null)).toHaveLength(1);
    expect(tied(at(-1))).toHaveLength(1);
    expect(tied(at(60_000))[1]).toMatchObject({ code: 'wait.scheduled', at: at(60_000) });
  });

  it('waits for its back-off, with the last error', () => {
    const later = task({ status: 'scheduled', attempt: 1, runAt: at(500) });
    const [found] = told({ task: later, attempts: [ATTEMPT] }).reasons;
    expect(found).toMatchObject({ code: 'wait.back_off', at: at(500) });
    expect(found?.message).toContain('attempt.failed: boom');
  });

  it('waits for an attempt that may still live', () => {
    const held = task({ status: 'scheduled', attempt: 1, runAt: at(4000) });
    const last = { ...ATTEMPT, outcome: 'expired' as const };
    const heldUntil = new Date(NOW + 4000);
    const [found] = told({ task: held, attempts: [last], heldUntil }).reasons;
    expect(found).toMatchObject({ code: 'wait.unconfirmed_end', at: at(4000) });
    expect(found?.message).toContain('Attempt 1 is expired, but w1 has not said');
  });

  it('runs, or is being stopped', () => {
    const running = task({ status: 'running', attempt: 1, worker: 'w1', deadlineAt: at(900) });
    const open = { ...ATTEMPT, finishedAt: null, outcome: null, error: null };
    expect(told({ task: running, attempts: [open] }).reasons).toMatchObject([
      { code: 'run.on_worker', at: at(900) },
    ]);
    const stop = { reason: 'cancel', requestedAt: at(-50), confirmedAt: null } as const;
    expect(told({ task: running, attempts: [{ ...open, stop }] }).reasons).toMatchObject([
      { code: 'run.stopping', at: at(-50) },
    ]);
  });
});

describe('why a task ended', () => {
  const ended = (status: Task['status'], code?: string, more: Partial<Attempt> = {}) =>
    told({
      task: task({
        status,
        attempt: 1,
        finishedAt: at(-1),
        error: code === undefined ? null : { code, message: 'why' },
      }),
      attempts: [{ ...ATTEMPT, ...more }],
    }).reasons[0];

  it.each([
    ['completed', undefined, 'end.completed'],
    ['failed', 'attempt.failed', 'end.failed'],
    ['failed', 'handler.crashed', 'end.failed'],
    ['failed', 'attempt.lost_too_often', 'end.lost_too_often'],
    ['expired', 'attempt.ttl_exceeded', 'end.ttl_exceeded'],
    ['expired', 'task.queue_ttl_exceeded', 'end.queue_ttl_exceeded'],
    ['expired', 'task.total_ttl_exceeded', 'end.total_ttl_exceeded'],
    ['cancelled', 'task.cancelled', 'end.cancelled'],
    ['cancelled', 'task.dependency_failed', 'end.dependency_failed'],
    ['cancelled', 'attempt.ttl_exceeded', 'end.cancelled'],
  ] as const)('%s with %s is %s', (status, error, code) => {
    const found = ended(status, error);
    expect(found).toMatchObject({ code, at: at(-1) });
    if (error) expect(found?.message).toContain(`why (${error})`);
  });

  it('tells the stop, its confirmation and a refused result', () => {
    const stop = { reason: 'ttl', requestedAt: at(-9), confirmedAt: at(-3) } as const;
    const found = ended('expired', 'attempt.ttl_exceeded', { stop, lateResultRefusedAt: at(-2) });
    expect(found?.message).toContain(`told to stop (ttl) at ${at(-9)}`);
    expect(found?.message).toContain(`confirmed at ${at(-3)}`);
    expect(found?.message).toContain(`refused at ${at(-2)}`);
    const open = ended('expired', 'attempt.ttl_exceeded', { stop: { ...stop, confirmedAt: null } });
    expect(open?.message).toContain('was not confirmed');
  });
});
