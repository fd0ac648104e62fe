import { describe, expect, it } from 'vitest';
import { runFaults } from '../run.ts';
import { hasPostgres } from './support.ts';

// The short form of `npm run test:faults`, for every commit: always the same faults. The long form
// takes other seeds.
const seed = 21;

describe.runIf(hasPostgres)('a cluster under load', () => {
  it('keeps every promise through a minute of faults at random', { timeout: 400_000 }, async () => {
    const said: string[] = [];
    const { broken, accepted, overlaps, lost } = await runFaults({
      seed,
      minutes: 1,
      servers: 2,
      workers: 3,
      lines: 3,
      code: false,
      slackMs: 5000,
      say: (line) => said.push(line),
    });
    const again = `npm run test:faults -- --minutes 1 --seed ${seed} --servers 2 --workers 3 --lines 3 --no-code`;
    expect(broken, [again, ...said].join('\n')).toEqual([]);
    expect({ overlaps, lost }).toEqual({ overlaps: 0, lost: 0 });
    expect(accepted).toBeGreaterThan(50);
  });
});
