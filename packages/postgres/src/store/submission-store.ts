import type {
  NewTask,
  StoredUnique,
  StoredUnit,
  SubmissionStore,
  SubmissionUnit,
  UniqueUnit,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database } from '../sql/database.ts';
import { takeUniqueKeys } from './unique-keys.ts';

type Run = Database['run'];
type KeyedUnit = SubmissionUnit & { idempotency: NonNullable<SubmissionUnit['idempotency']> };

export class PostgresSubmissionStore implements SubmissionStore {
  readonly #database: Database;
  readonly #slot: () => number;

  constructor(database: Database, slot: () => number) {
    this.#database = database;
    this.#slot = slot;
  }

  async insert(units: SubmissionUnit[]): Promise<StoredUnit[]> {
    const keyed = units.filter((unit): unit is KeyedUnit => unit.idempotency !== null);
    if (keyed.length > 0)
      return this.#database.transaction((run) => insertKeyed(run, units, keyed, this.#slot()));
    const createdAt = await insertTasks(
      this.#database.run.bind(this.#database),
      units,
      this.#slot(),
    );
    return units.map(() => ({ kind: 'created', createdAt }));
  }

  insertUnique(units: UniqueUnit[]): Promise<StoredUnique[]> {
    return this.#database.transaction(async (run) => {
      const holders = await takeUniqueKeys(run, units);
      const created = units
        .filter((unit) => holders.get(unit) === unit.task.id)
        .map(({ task }) => ({ tasks: [task], idempotency: null }));
      const createdAt = created.length > 0 ? await insertTasks(run, created, this.#slot()) : null;
      return units.map((unit) => {
        const taskId = holders.get(unit);
        if (taskId === undefined) throw new Error('a unique key has no holder');
        return createdAt && taskId === unit.task.id
          ? { kind: 'created', createdAt }
          : { kind: 'held', taskId };
      });
    });
  }
}

async function insertTasks(run: Run, units: SubmissionUnit[], slot: number): Promise<Date> {
  const tasks = units.flatMap((unit) => unit.tasks);
  const values = columns<NewTask>(
    tasks,
    (task) => task.id,
    (task) => task.laneId,
    (task) => task.priority,
    (task) => task.ttlMs,
    (task) => task.graceMs,
    (task) => task.queueTtlMs,
    (task) => task.totalTtlMs,
    (task) => task.runAt?.toISOString() ?? null,
    (task) => task.delayMs,
    (task) => task.owner,
    (task) => task.description,
    (task) => (Object.keys(task.labels).length > 0 ? JSON.stringify(task.labels) : null),
    (task) => (task.retry ? JSON.stringify(task.retry) : null),
    (task) => task.paramsJson,
    (task) => task.concurrencyKey,
  );
  const [row] = await run('insert-tasks', [...values, slot]);
  return row?.['created_at'] as Date;
}

/** Keys that were free are taken in the same transaction that stores their tasks. */
async function insertKeyed(
  run: Run,
  units: SubmissionUnit[],
  keyed: KeyedUnit[],
  slot: number,
): Promise<StoredUnit[]> {
  // One order for all servers, so that two of them cannot wait for each other.
  const claimable = firstOfEachKey(keyed).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const taken = await run(
    'insert-idempotency-keys',
    columns<KeyedUnit>(
      claimable,
      (unit) => unit.idempotency.owner,
      (unit) => unit.idempotency.key,
      (unit) => unit.idempotency.bodyHash,
      (unit) => `{${unit.tasks.map((task) => task.id).join(',')}}`,
    ),
  );
  const fresh = new Set(taken.map((row) => `${String(row['owner'])} ${String(row['key'])}`));
  const winners = new Set(claimable.filter((unit) => fresh.has(nameOf(unit))));
  const created = units.filter(
    (unit) => unit.idempotency === null || winners.has(unit as KeyedUnit),
  );
  const createdAt = created.length > 0 ? await insertTasks(run, created, slot) : undefined;
  const earlier = await findEarlier(
    run,
    keyed.filter((unit) => !winners.has(unit)),
  );
  return units.map((unit) => {
    if (createdAt && created.includes(unit)) return { kind: 'created', createdAt };
    const { idempotency } = unit as KeyedUnit;
    const record = earlier.get(nameOf(unit as KeyedUnit));
    if (!record) throw new Error('an idempotency key vanished inside its transaction');
    return {
      kind: 'repeated',
      taskIds: record.taskIds,
      sameBody: record.bodyHash.equals(idempotency.bodyHash),
    };
  });
}

async function findEarlier(
  run: Run,
  units: KeyedUnit[],
): Promise<Map<string, { bodyHash: Buffer; taskIds: string[] }>> {
  if (units.length === 0) return new Map();
  const rows = await run(
    'find-idempotency-keys',
    columns<KeyedUnit>(
      units,
      (unit) => unit.idempotency.owner,
      (unit) => unit.idempotency.key,
    ),
  );
  return new Map(
    rows.map((row) => [
      `${String(row['owner'])} ${String(row['key'])}`,
      { bodyHash: row['body_hash'] as Buffer, taskIds: row['task_ids'] as string[] },
    ]),
  );
}

function firstOfEachKey(units: KeyedUnit[]): KeyedUnit[] {
  return [...new Map(units.toReversed().map((unit) => [nameOf(unit), unit])).values()];
}

function nameOf(unit: KeyedUnit): string {
  return `${unit.idempotency.owner} ${unit.idempotency.key}`;
}
