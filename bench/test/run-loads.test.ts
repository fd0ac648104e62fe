import { describe, expect, it } from 'vitest';
import { chooseLoads, LOADS } from '../loads/all.ts';
import { HELP, parseOptions } from '../options.ts';
import { runLoads } from '../runner/run-loads.ts';
import { SIZES } from '../sizes.ts';
import { race } from './support.ts';

const sizes = { ...SIZES.quick, rounds: 2 };
const say = (): void => undefined;

describe('a run', () => {
  it('takes the contenders in turns, round by round', async () => {
    const order: string[] = [];
    const { results } = await runLoads([race], {
      sizes,
      say,
      canRun: (contender) => contender !== 'bullmq',
      runOnce: (_load, contender) => {
        order.push(contender);
        return Promise.resolve({ figures: { rate: order.length }, usage: [] });
      },
    });
    expect(order).toEqual(['mayfly', 'graphile-worker', 'mayfly', 'graphile-worker']);
    expect(results.map(({ contender, rounds }) => [contender, rounds])).toEqual([
      ['mayfly', [{ rate: 1 }, { rate: 3 }]],
      ['graphile-worker', [{ rate: 2 }, { rate: 4 }]],
    ]);
  });

  it('goes on when one fails, and tells of it', async () => {
    const said: string[] = [];
    const { results, failures } = await runLoads([{ ...race, once: true }], {
      sizes,
      say: (line) => said.push(line),
      canRun: () => true,
      runOnce: (_load, contender) =>
        contender === 'mayfly'
          ? Promise.reject(new Error('it broke'))
          : Promise.resolve({ figures: {}, usage: [] }),
    });
    expect(failures).toEqual(['race for mayfly: it broke']);
    expect(said.join('\n')).toContain('*** FAILED: it broke ***');
    expect(results.map(({ contender }) => contender)).toEqual(['graphile-worker', 'bullmq']);
  });
});

describe('the choice of loads', () => {
  it('takes those of the size, or those that are named', () => {
    const names = (size: keyof typeof SIZES): string[] =>
      chooseLoads([], SIZES[size]).map(({ name }) => name);
    expect(names('quick')).toContain('waiting-100k');
    expect(names('normal')).not.toContain('waiting-10m');
    expect(names('full')).toContain('waiting-10m');
    expect(chooseLoads(['submit', 'backlog'], sizes).map(({ name }) => name)).toEqual([
      'backlog',
      'submit',
    ]);
  });

  it('refuses names that there are not, and lists those that there are', () => {
    expect(() => chooseLoads(['backlogs'], sizes)).toThrow(
      /There is no load backlogs. There are backlog, submit, /,
    );
  });

  it('has each name once', () => {
    expect(new Set(LOADS.map(({ name }) => name)).size).toBe(LOADS.length);
  });
});

describe('options', () => {
  it('come from flags and environment', () => {
    expect(parseOptions([], { QUICK: '1' }).sizes.name).toBe('quick');
    expect(parseOptions([], {}).sizes.name).toBe('normal');
    expect(parseOptions(['submit', '--full', '--rounds', '2'], {})).toMatchObject({
      loads: ['submit'],
      sizes: { name: 'full', rounds: 2 },
    });
  });

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--fast'], {})).toThrow(/--fast/);
    expect(() => parseOptions(['--rounds', '0'], {})).toThrow(/whole number from 1 to 100/);
    expect(() => parseOptions(['--quick', '--full'], {})).toThrow(/either --quick or --full/);
  });

  it('are all in the help', () => {
    for (const flag of ['--quick', '--full', '--rounds', '--json', '--out', '--write-docs'])
      expect(HELP).toContain(flag);
  });
});
