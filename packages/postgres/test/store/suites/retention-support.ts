import type { NewTask, RetentionStore } from '@mayfly/core';
import type { Fixture } from '../fixture.ts';

export const DAY = 86_400_000;

/** The first instant of a day in UTC. */
export function dayAgo(days: number): Date {
  return new Date(Math.floor(Date.now() / DAY) * DAY - days * DAY);
}

/** A task id as a server would have made it on that day. */
export function idOn(day: Date, retentionClass: number, number: number): string {
  const time = (day.getTime() + 1000).toString(16).padStart(12, '0');
  const rest = number.toString(16).padStart(11, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}${retentionClass.toString(16)}`;
}

export function leafOf(day: Date, retentionClass: number): string {
  return `${day.toISOString().slice(0, 10).replaceAll('-', '')}_${retentionClass}`;
}

/** Makes the partitions of a day that is past. */
export async function makeDay(fixture: Fixture, daysAgo: number): Promise<Date> {
  const day = dayAgo(daysAgo);
  await using client = await fixture.connect();
  await client.query('select make_partitions($1::date, 1)', [day.toISOString().slice(0, 10)]);
  return day;
}

/** Stores tasks, and has them completed so many days ago. */
export async function finishOld(
  fixture: Fixture,
  ids: string[],
  daysAgo: number,
  changes: Partial<NewTask> = {},
): Promise<void> {
  const tasks = ids.map((id) => fixture.newTask({ ...changes, id }));
  await fixture.store.submissions.insert([{ tasks, idempotency: null, seesAll: true }]);
  const claimed = await fixture.claim(ids.length);
  await fixture.store.dispatch.settle(
    claimed.map((attempt) => fixture.settlement(attempt, 'completed')),
  );
  await using client = await fixture.connect();
  await client.query(
    `update finished set finished_at = now() - $2 * interval '1 day' where task_id = any ($1)`,
    [ids, daysAgo],
  );
}

/** Ends all leaves that are due. @returns the names of those that are gone */
export async function lookAt(retention: RetentionStore, defaultMs: number): Promise<string[]> {
  const gone: string[] = [];
  for (const leaf of await retention.listDue(defaultMs)) {
    const end = await retention.end(leaf);
    if (end?.outcome === 'dropped') gone.push(leaf.name);
  }
  return gone;
}

/** Resolves when somebody waits for a lock. */
export async function waiterOn(fixture: Fixture): Promise<void> {
  await using client = await fixture.connect();
  for (;;) {
    const waiting = await client.query(
      `select from pg_locks where not granted and locktype = 'relation'
         and database = (select oid from pg_database where datname = current_database())`,
    );
    if (waiting.rows.length > 0) return;
  }
}
