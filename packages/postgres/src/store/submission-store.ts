import type {
  NewTask,
  StoredUnique,
  StoredUniqueBatch,
  StoredUnit,
  SubmissionStore,
  SubmissionUnit,
  UniqueBatch,
  UniqueUnit,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';
import { lockPredecessors, PredecessorMoves, unknownPredecessors, waits } from './link-tasks.ts';
import type { ReleaseDesk } from './releases.ts';
import { insertTasks, storeTasks } from './store-tasks.ts';
import { insertUniqueBatch, UniqueBatchRefused } from './unique-batch.ts';
import { takeUniqueKeys } from './unique-keys.ts';

type Run = Database['run'];
type KeyedUnit = SubmissionUnit & { idempotency: NonNullable<SubmissionUnit['idempotency']> };

/** A predecessor may move between our look and our lock; then we look again. */
const MOVED_TRIES = 20;

export class PostgresSubmissionStore implements SubmissionStore {
  readonly #database: Database;
  readonly #slot: () => number;
  readonly #releases: ReleaseDesk;

  constructor(database: Database, slot: () => number, releases: ReleaseDesk) {
    this.#database = database;
    this.#slot = slot;
    this.#releases = releases;
  }

  async insert(units: SubmissionUnit[]): Promise<StoredUnit[]> {
    if (units.some((unit) => unit.idempotency !== null || unit.tasks.some(isSpecial)))
      return this.#insertSpecial(units);
    const run = this.#database.run.bind(this.#database);
    const createdAt = await insertTasks(run, units, this.#slot());
    return units.map(() => ({ kind: 'created', createdAt }));
  }

  insertUnique(units: UniqueUnit[]): Promise<StoredUnique[]> {
    return this.#database.transaction(async (run) => {
      const holders = await takeUniqueKeys(run, units);
      const created = units
        .filter((unit) => holders.get(unit) === unit.task.id)
        .map(({ task }) => ({ tasks: [task], idempotency: null }));
      const slot = this.#slot();
      const done = created.length > 0 ? await storeTasks(run, created, new Map(), slot) : null;
      const createdAt = done?.createdAt;
      return units.map((unit) => {
        const taskId = holders.get(unit);
        if (taskId === undefined) throw new Error('a unique key has no holder');
        return createdAt && taskId === unit.task.id
          ? { kind: 'created', createdAt }
          : { kind: 'held', taskId };
      });
    });
  }

  async insertUniqueBatch(batch: UniqueBatch): Promise<StoredUniqueBatch> {
    try {
      return await this.#untilStill((run) => insertUniqueBatch(run, batch, this.#slot()));
    } catch (error) {
      if (error instanceof UniqueBatchRefused) return error.answer;
      throw error;
    }
  }

  /** Units with keys, or with tasks that have more than their own row. */
  #insertSpecial(units: SubmissionUnit[]): Promise<StoredUnit[]> {
    return this.#untilStill((run) => insertSpecial(run, units, this.#slot()));
  }

  /** Does the work in one transaction, again while a predecessor is on the move. */
  async #untilStill<Stored>(
    work: (run: Run) => Promise<{ stored: Stored; released: Row[] }>,
  ): Promise<Stored> {
    for (let tries = 0; tries < MOVED_TRIES; tries++) {
      try {
        const { stored, released } = await this.#database.transaction(work);
        this.#releases.tell(released);
        return stored;
      } catch (error) {
        if (!(error instanceof PredecessorMoves)) throw error;
        await this.#database.run('await-move', [error.taskId]);
      }
    }
    throw new Error(`a predecessor moved ${MOVED_TRIES} times while tasks were to wait for it`);
  }
}

function isSpecial(task: NewTask): boolean {
  return waits(task) || task.webhook !== null;
}

async function insertSpecial(
  run: Run,
  units: SubmissionUnit[],
  slot: number,
): Promise<{ stored: StoredUnit[]; released: Row[] }> {
  const known = await lockPredecessors(run, units);
  const answers = new Map<SubmissionUnit, StoredUnit>();
  for (const unit of units) {
    const unknown = unknownPredecessors(unit, known);
    if (unknown.length > 0) answers.set(unit, { kind: 'refused', unknown });
  }
  const sound = units.filter((unit) => !answers.has(unit));
  const released: Row[] = [];
  const stored = await insertKeyed(run, sound, async (created) => {
    const done = await storeTasks(run, created, known, slot);
    released.push(...done.released);
    return done.createdAt;
  });
  for (const [index, unit] of sound.entries()) answers.set(unit, stored[index] as StoredUnit);
  return { stored: units.map((unit) => answers.get(unit) as StoredUnit), released };
}

/** Keys that were free are taken in the same transaction that stores their tasks. */
async function insertKeyed(
  run: Run,
  units: SubmissionUnit[],
  store: (units: SubmissionUnit[]) => Promise<Date>,
): Promise<StoredUnit[]> {
  const keyed = units.filter((unit): unit is KeyedUnit => unit.idempotency !== null);
  // One order for all servers, so that two of them cannot wait for each other.
  const claimable = firstOfEachKey(keyed).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const taken =
    claimable.length === 0
      ? []
      : await run(
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
  const createdAt = created.length > 0 ? await store(created) : undefined;
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
