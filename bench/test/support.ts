import type { ContenderName } from '../contenders/contender.ts';
import type { Figures, Load } from '../loads/load.ts';
import type { Report, Result } from '../report/report.ts';

export function resultOf(load: string, contender: ContenderName, ...rounds: Figures[]): Result {
  return { load, contender, rounds, usage: [{ name: 'bench', cores: 0.5, mib: 100 }], series: [] };
}

export function reportOf(...results: Result[]): Report {
  return {
    about: {
      at: '2026-11-21T12:00:00.000Z',
      size: 'quick',
      cores: 2,
      cpu: 'a processor',
      memoryGib: 8,
      loadBefore: 0.1,
      versions: { mayfly: '0.1.0' },
      postgresSettings: { fsync: 'on' },
      contenders: { mayfly: 'defaults' },
      missing: ['BullMQ: there is no redis-server'],
      failures: [],
      seconds: 90,
    },
    results,
  };
}

/** A load that is never run. */
export const race: Load = {
  name: 'race',
  title: 'A race',
  about: 'Who is first.',
  figures: {
    rate: { title: 'done', unit: 'tasks/s', better: 'more' },
    wait: { title: 'wait', unit: 'ms', better: 'less' },
  },
  contenders: ['mayfly', 'graphile-worker', 'bullmq'],
  measure: () => Promise.reject(new Error('this load is never run')),
};
