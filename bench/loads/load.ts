import type { ConnectionSettings } from '@mayfly/postgres';
import type { ContenderName } from '../contenders/contender.ts';
import type { Series } from '../support/series.ts';
import type { ProcessUsage } from '../support/process-usage.ts';
import type { Sizes } from '../sizes.ts';

/** Numbers by the name of their figure. */
export type Figures = Record<string, number>;

export interface FigureKind {
  title: string;
  unit: 'tasks/s' | 'ms' | 'MiB' | 'times' | 'count';
  better: 'more' | 'less';
}

/** What one run of a load came to. */
export interface Measured {
  figures: Figures;
  /** Of the stretch that was measured. */
  usage: ProcessUsage[];
  series?: Series[];
}

/** Where a load runs: a process of its own, on an empty database. */
export interface Ground {
  contender: ContenderName;
  sizes: Sizes;
  database: ConnectionSettings;
  cores: number;
  /** Of the PostgreSQL server, which all share. */
  postgresPid: number;
  redis: { socket: string; pid: number } | null;
}

/** One thing that is measured. */
export interface Load {
  name: string;
  title: string;
  /** What is done, so that a reader can judge the figures. */
  about: string;
  /** In the order of the table. */
  figures: Record<string, FigureKind>;
  contenders: readonly ContenderName[];
  /** Once however many rounds there are: it is long, and compares Mayfly with nobody. */
  once?: boolean;
  /** Left out of runs of any other size. */
  sizes?: readonly Sizes['name'][];
  measure(ground: Ground): Promise<Measured>;
}

export const ALL: readonly ContenderName[] = [
  'mayfly',
  'mayfly-apart',
  'graphile-worker',
  'pg-boss',
  'bullmq',
];

/** Those whose tables a load can fill by SQL. */
export const ON_POSTGRES: readonly ContenderName[] = ['mayfly', 'graphile-worker', 'pg-boss'];

/** Kinds of the figures that `durations` makes. */
export function durationKinds(prefix: string, title: string): Record<string, FigureKind> {
  const kind = (name: string): FigureKind => ({
    title: `${title}, ${name}`,
    unit: 'ms',
    better: 'less',
  });
  return {
    [`${prefix}p50`]: kind('p50'),
    [`${prefix}p99`]: kind('p99'),
    [`${prefix}worst`]: kind('worst'),
  };
}

export function rateKind(title: string): FigureKind {
  return { title, unit: 'tasks/s', better: 'more' };
}
