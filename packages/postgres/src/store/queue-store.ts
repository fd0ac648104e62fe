import {
  formatDuration,
  LIMITS,
  MayflyError,
  type QueueChange,
  type Task,
} from '@mayfly/contracts';
import type {
  DayTally,
  NamedControls,
  NamedRetention,
  QueueFigures,
  QueueStore,
  Standing,
  TallySample,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';
import { toControls } from './rows.ts';

/** Counts of what waits stop here: beyond it the exact number helps nobody. */
const COUNT_BOUND = 1_000_000;
const AHEAD_BOUND = 10_000;

type Run = Database['run'];

export class PostgresQueueStore implements QueueStore {
  readonly #hot: Database;
  readonly #read: Database;
  readonly #slot: () => number;

  constructor(hot: Database, read: Database, slot: () => number) {
    this.#hot = hot;
    this.#read = read;
    this.#slot = slot;
  }

  async sampleTallies(): Promise<TallySample> {
    const rows = await this.#read.run('sample-tallies', []);
    const tallies = rows.filter((row) => row['queue'] !== null);
    return { atMs: rows[0]?.['at_ms'] as number, tallies: tallies as unknown as DayTally[] };
  }

  async addStarts(starts: { laneId: number; count: number }[]): Promise<void> {
    const values = columns(
      starts,
      ({ laneId }) => laneId,
      ({ count }) => count,
    );
    await this.#hot.run('add-starts', [...values, this.#slot()]);
  }

  async listControls(): Promise<NamedControls[]> {
    const rows = await this.#hot.run('list-controls', []);
    return rows.map((row) => ({ name: row['name'] as string, ...toControls(row) }));
  }

  async listRetentions(): Promise<NamedRetention[]> {
    const rows = await this.#hot.run('list-retentions', []);
    return rows.map((row) => ({
      queue: row['name'] as string,
      retentionClass: row['class'] as number,
    }));
  }

  async list(name: string | null, days: number): Promise<QueueFigures[]> {
    const values = [name, COUNT_BOUND, days, LIMITS.priorityMax];
    return (await this.#read.run('list-queues', values)).map(toFigures);
  }

  async change(name: string, change: QueueChange & { paused?: boolean }): Promise<void> {
    const { paused, concurrency, keyConcurrency, rateLimit, keyRateLimit, retentionMs } = change;
    await this.#hot.transaction(async (run) => {
      const retentionClass = retentionMs ? await takeRetentionClass(run, retentionMs) : null;
      await run('change-queue', [
        name,
        Object.keys(change),
        paused ?? null,
        concurrency ?? null,
        keyConcurrency ?? null,
        rateLimit?.count ?? null,
        rateLimit?.perMs ?? null,
        keyRateLimit?.count ?? null,
        keyRateLimit?.perMs ?? null,
        retentionClass,
      ]);
      await run('close-claim-gate', []);
      await run('limit-running', [name]);
    });
  }

  async standing(task: Task): Promise<Standing | null> {
    const values = [task.id, task.concurrencyKey ?? '', AHEAD_BOUND];
    const [row] = await this.#read.run('read-standing', values);
    return row ? toStanding(row, task.concurrencyKey ?? '') : null;
  }
}

async function takeRetentionClass(run: Run, retentionMs: number): Promise<number> {
  const [row] = await run('take-retention-class', [retentionMs]);
  const taken = row?.['class'] as number | null;
  if (taken !== null) return taken;
  const rows = await run('list-retention-classes', []);
  const inUse = rows.map((known) => known['retention_ms'] as number);
  throw new MayflyError(
    'queue.too_many_retentions',
    `There are ${inUse.length} retentions in use already: ${inUse.map(formatDuration).join(', ')}. ` +
      'Take one of them. One that no queue has is free when its last tasks are gone.',
    {
      errors: [{ pointer: '/retentionMs', detail: 'is one retention too many' }],
      extra: { retentionsMs: inUse },
    },
  );
}

function toFigures(row: Row): QueueFigures {
  return {
    name: row['name'] as string,
    ...toControls(row),
    retentionMs: row['retention_ms'] as number | null,
    pending: row['pending'] as number,
    running: row['running'] as number,
    oldestWaitMs: row['oldest_wait_ms'] as number | null,
    totals: row['totals'] as Record<string, number>,
  };
}

function toStanding(row: Row, key: string): Standing {
  const load = {
    controls: toControls(row),
    running: row['queue_running'] as number,
    started: row['queue_started'] as number,
    freeInMs: row['queue_free_in_ms'] as number | null,
    keys: [
      {
        key,
        running: row['key_running'] as number,
        started: row['key_started'] as number,
        freeInMs: row['key_free_in_ms'] as number | null,
      },
    ],
  };
  return {
    runtime: row['runtime'] as string,
    ahead: row['ahead'] as number,
    load: row['controlled'] === true ? load : null,
  };
}
