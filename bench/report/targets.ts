import type { ContenderName } from '../contenders/contender.ts';
import { showNumber } from './numbers.ts';
import { figureOf, type Report } from './report.ts';

type Point = [load: string, contender: ContenderName, figure: string];

/** A promise in numbers. */
export interface Target {
  title: string;
  /** What is measured; with `against`, its ratio to that. */
  of: Point;
  against?: Point;
  atLeast?: number;
  atMost?: number;
  unit: string;
}

export interface Standing {
  title: string;
  target: string;
  measured: string;
  /** Null: it was not measured in this run. */
  reached: boolean | null;
}

const GRAPHILE_BACKLOG: Point = ['backlog', 'graphile-worker', 'rate'];

export const TARGETS: readonly Target[] = [
  {
    title: 'Backlog in process, against graphile-worker',
    of: ['backlog', 'mayfly', 'rate'],
    against: GRAPHILE_BACKLOG,
    atLeast: 2,
    unit: '×',
  },
  {
    title: 'Backlog through server and worker processes, against graphile-worker in process',
    of: ['backlog', 'mayfly-apart', 'rate'],
    against: GRAPHILE_BACKLOG,
    atLeast: 1,
    unit: '×',
  },
  {
    title: 'Single durable submissions in process, 64 in flight',
    of: ['submit', 'mayfly', 'rate64'],
    atLeast: 20_000,
    unit: 'tasks/s',
  },
  {
    title: 'Single durable submissions over plain HTTP, 64 in flight',
    of: ['submit', 'mayfly-apart', 'bare'],
    atLeast: 6000,
    unit: 'tasks/s',
  },
  {
    title: 'Batch submission',
    of: ['batch', 'mayfly', 'rate'],
    atLeast: 100_000,
    unit: 'tasks/s',
  },
  {
    title: 'Submit to start, idle, p50',
    of: ['latency', 'mayfly', 'idlep50'],
    atMost: 2,
    unit: 'ms',
  },
  {
    title: 'Submit to start, idle, p99',
    of: ['latency', 'mayfly', 'idlep99'],
    atMost: 10,
    unit: 'ms',
  },
  {
    title: 'A claim with 1 million waiting, against 10 thousand',
    of: ['waiting-1m', 'mayfly', 'claim'],
    against: ['waiting-10k', 'mayfly', 'claim'],
    atMost: 1.5,
    unit: '×',
  },
  {
    title: 'A claim with 10 million waiting, against 10 thousand',
    of: ['waiting-10m', 'mayfly', 'claim'],
    against: ['waiting-10k', 'mayfly', 'claim'],
    atMost: 1.5,
    unit: '×',
  },
  {
    title: 'A process handler past its TTL, p99',
    of: ['kills', 'mayfly', 'processp99'],
    atMost: 100,
    unit: 'ms',
  },
  {
    title: 'Sandboxed code past its TTL, p99',
    of: ['kills', 'mayfly', 'codep99'],
    atMost: 100,
    unit: 'ms',
  },
  { title: 'Survivors of kills', of: ['kills', 'mayfly', 'survivors'], atMost: 0, unit: '' },
  {
    title: 'Cancel from another server to the dead process, p99',
    of: ['cancel', 'mayfly-apart', 'deadp99'],
    atMost: 250,
    unit: 'ms',
  },
  {
    title: 'End at the TTL beside 100 thousand running, late by, p99',
    of: ['expiry', 'mayfly', 'expiredp99'],
    atMost: 50,
    unit: 'ms',
  },
  {
    title: 'Start of a scheduled task beside 1 million scheduled, late by, p99',
    of: ['expiry', 'mayfly', 'wokenp99'],
    atMost: 50,
    unit: 'ms',
  },
  {
    title: 'One sandboxed Python run, p50',
    of: ['programs', 'mayfly', 'runp50'],
    atMost: 25,
    unit: 'ms',
  },
  {
    title: 'Sandboxed Python runs on all cores',
    of: ['programs', 'mayfly', 'rate'],
    atLeast: 80,
    unit: 'tasks/s',
  },
  {
    title: 'Slow-down beside a long transaction, first tenth against last',
    of: ['bloat', 'mayfly', 'slowdown'],
    atMost: 1.5,
    unit: '×',
  },
];

/** Where each target stands, by the medians. */
export function judgeTargets(report: Report, targets = TARGETS): Standing[] {
  return targets.map((target) => {
    const { title, unit, atLeast, atMost } = target;
    const value = measure(report, target);
    const [sign, bound] = atLeast === undefined ? ['≤', atMost ?? 0] : ['≥', atLeast];
    return {
      title,
      target: `${sign} ${withUnit(bound, unit)}`,
      measured: value === undefined ? 'not measured' : withUnit(value, unit),
      reached:
        value === undefined ? null : atLeast === undefined ? value <= bound : value >= atLeast,
    };
  });
}

function measure(report: Report, { of, against }: Target): number | undefined {
  const value = figureOf(report, ...of)?.median;
  if (!against || value === undefined) return value;
  const other = figureOf(report, ...against)?.median;
  return other === undefined ? undefined : value / other;
}

function withUnit(value: number, unit: string): string {
  return `${showNumber(value)} ${unit}`.trim();
}
