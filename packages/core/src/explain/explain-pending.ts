import type { ExplanationReason, Task, WorkerView } from '@mayfly/contracts';
import type { Standing } from '../ports/queue-store.ts';
import type { RateLoad } from '../queues/claim-plan.ts';
import type { Snapshot } from './explain.ts';
import { reason } from './reason.ts';

/** Why a pending task has not started: everything that holds it, or else its place in the line. */
export function explainPending({ task, workers, standing, nowMs }: Snapshot): ExplanationReason[] {
  if (!standing) return [reason('wait.next_in_line', 'It is about to start.')];
  const held = [...limitsOn(task, standing, nowMs), ...workersFor(task, standing, workers, nowMs)];
  if (held.length > 0) return held;
  const place = standing.ahead === 0 ? 'It is the next one' : `${standing.ahead} go before it`;
  return [reason('wait.next_in_line', `${place}, and workers have room.`)];
}

function limitsOn(task: Task, { load }: Standing, nowMs: number): ExplanationReason[] {
  if (!load) return [];
  const { controls } = load;
  const found: ExplanationReason[] = [];
  const add = (code: ExplanationReason['code'], message: string, at: string | null = null): void =>
    void found.push(reason(code, message, at));
  if (controls.paused) add('wait.queue_paused', `The queue ${task.queue} is paused.`);
  if (controls.concurrency !== null && load.running >= controls.concurrency) {
    add(
      'wait.queue_concurrency',
      `The queue ${task.queue} runs ${load.running} attempts; its limit is ${controls.concurrency}.`,
    );
  }
  const free = freeAt(controls.rateLimit, load, nowMs);
  if (free)
    add('wait.queue_rate', `The queue ${task.queue} may start the next task at ${free}.`, free);
  const own = task.concurrencyKey === null ? undefined : load.keys[0];
  if (!own) return found;
  if (controls.keyConcurrency !== null && own.running >= controls.keyConcurrency) {
    add(
      'wait.key_concurrency',
      `${own.running} attempts with its concurrency key run; the limit is ${controls.keyConcurrency}.`,
    );
  }
  const ownFree = freeAt(controls.keyRateLimit, own, nowMs);
  if (ownFree) {
    add(
      'wait.key_rate',
      `The next task with its concurrency key may start at ${ownFree}.`,
      ownFree,
    );
  }
  return found;
}

function freeAt(
  limit: { count: number; perMs: number } | null,
  { started, freeInMs }: RateLoad,
  nowMs: number,
): string | null {
  if (!limit || started < limit.count) return null;
  return new Date(nowMs + (freeInMs ?? limit.perMs)).toISOString();
}

function workersFor(
  task: Task,
  { runtime }: Standing,
  workers: WorkerView[],
  nowMs: number,
): ExplanationReason[] {
  const alive = workers.filter(
    ({ state, leaseUntil }) =>
      (state === 'online' || state === 'draining') && Date.parse(leaseUntil) > nowMs,
  );
  const ofType = alive.filter((worker) => worker.types.includes(task.type));
  if (ofType.length === 0) {
    return [
      reason('wait.no_worker_for_type', `No worker that is here runs the type ${task.type}.`),
    ];
  }
  const ofRuntime = ofType.filter(
    (worker) => runtime === '' || worker.runtimes.some(({ name }) => name === runtime),
  );
  if (ofRuntime.length === 0) {
    return [
      reason('wait.no_worker_for_runtime', `No worker that is here has the runtime ${runtime}.`),
    ];
  }
  const ofQueue = ofRuntime.filter(
    ({ queues }) => queues.length === 0 || queues.includes(task.queue),
  );
  if (ofQueue.length === 0) {
    return [
      reason(
        'wait.no_worker_for_queue',
        `No worker that could run it takes tasks of the queue ${task.queue}.`,
      ),
    ];
  }
  const open = ofQueue.filter(({ state }) => state === 'online');
  if (open.length === 0) {
    return [reason('wait.workers_draining', 'Every worker that could run it is shutting down.')];
  }
  if (open.some(({ running, concurrency }) => running < concurrency)) return [];
  return [reason('wait.workers_full', `${countOf(open)} that could run it: no room at present.`)];
}

function countOf(workers: WorkerView[]): string {
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const name = workers.length === 1 ? '1 worker' : `${workers.length} workers`;
  return `${running} attempts run on the ${name}`;
}
