import type { UniqueUnit } from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';

type Run = Database['run'];

/**
 * Takes the unique keys that are free, and those whose holder holds them no longer. The rows of all
 * of them stay locked until the transaction ends.
 *
 * @returns the task that holds the key of each unit: its own when it was taken
 */
export async function takeUniqueKeys(
  run: Run,
  units: UniqueUnit[],
): Promise<Map<UniqueUnit, string>> {
  // One order for all servers, so that two of them cannot wait for each other.
  const sorted = units.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const firsts = [...new Map(sorted.toReversed().map((unit) => [nameOf(unit), unit])).values()];
  firsts.reverse();
  const holders = new Map<string, string>();
  note(holders, await run('hold-unique-keys', valuesOf(firsts)));
  const contested = firsts.filter((unit) => holders.get(nameOf(unit)) !== unit.task.id);
  if (contested.length > 0) note(holders, await run('take-over-unique-keys', valuesOf(contested)));
  return new Map(units.map((unit) => [unit, holders.get(nameOf(unit)) ?? '']));
}

function valuesOf(units: UniqueUnit[]): unknown[][] {
  return columns<UniqueUnit>(
    units,
    (unit) => unit.task.owner,
    (unit) => unit.type,
    (unit) => unit.unique.key,
    (unit) => unit.task.id,
    (unit) => unit.unique.scope,
    (unit) => unit.unique.windowMs,
  );
}

function note(holders: Map<string, string>, rows: Row[]): void {
  for (const row of rows) {
    const name = `${String(row['owner'])} ${String(row['type'])} ${String(row['key'])}`;
    holders.set(name, row['task_id'] as string);
  }
}

function nameOf({ task, type, unique }: UniqueUnit): string {
  return `${task.owner} ${type} ${unique.key}`;
}
