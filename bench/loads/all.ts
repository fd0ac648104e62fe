import type { Sizes } from '../sizes.ts';
import { backlog } from './backlog.ts';
import { batch } from './batch.ts';
import { bloat } from './bloat.ts';
import { cancel } from './cancel.ts';
import { expiry } from './expiry.ts';
import { guard } from './guard.ts';
import { kills } from './kills.ts';
import { latency } from './latency.ts';
import type { Load } from './load.ts';
import { programs } from './programs.ts';
import { steady } from './steady.ts';
import { stuck } from './stuck.ts';
import { submit } from './submit.ts';
import { waiting } from './waiting.ts';

/** Every load, in the order of the report. */
export const LOADS: readonly Load[] = [
  backlog,
  submit,
  batch,
  latency,
  ...waiting,
  stuck,
  steady,
  bloat,
  expiry,
  kills,
  cancel,
  programs,
  guard,
];

/** Those that a run of this size has, of all or of the named ones. @throws for unknown names */
export function chooseLoads(names: readonly string[], { name }: Sizes): Load[] {
  const unknown = names.find((wanted) => !LOADS.some((load) => load.name === wanted));
  if (unknown !== undefined) {
    const known = LOADS.map((load) => load.name).join(', ');
    throw new Error(`There is no load ${unknown}. There are ${known}.`);
  }
  if (names.length > 0) return LOADS.filter((load) => names.includes(load.name));
  return LOADS.filter(({ sizes }) => sizes?.includes(name) ?? true);
}
