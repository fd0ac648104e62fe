import { MayflyError } from '@mayfly/contracts';
import { Coalescer } from '@mayfly/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A flush that a test lets go when it wants to. */
function gate(): {
  flush: (items: number[]) => Promise<number[]>;
  batches: number[][];
  open: () => void;
} {
  const batches: number[][] = [];
  let waiting: (() => void)[] = [];
  return {
    batches,
    flush: async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return items.map((item) => item * 10);
    },
    open: () => {
      const all = waiting;
      waiting = [];
      for (const resolve of all) resolve();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const bounds = { maxWeight: 100, maxInFlight: 1, mayIsolate: () => true };

describe('Coalescer', () => {
  it('flushes at once when idle, and gathers what comes meanwhile', async () => {
    const { flush, batches, open } = gate();
    const coalescer = new Coalescer({ ...bounds, flush });
    const first = coalescer.add(1);
    await turn();
    const rest = [coalescer.add(2), coalescer.add(3)];
    await turn();
    expect(batches).toEqual([[1]]);
    open();
    expect(await first).toBe(10);
    await turn();
    expect(batches).toEqual([[1], [2, 3]]);
    open();
    expect(await Promise.all(rest)).toEqual([20, 30]);
    expect(coalescer.size).toBe(0);
  });

  it('takes no more weight into a flush than allowed, but always one item', async () => {
    const batches: number[][] = [];
    const coalescer = new Coalescer<number, number>({
      ...bounds,
      maxWeight: 10,
      weigh: (item) => item,
      flush: (items) => {
        batches.push(items);
        return Promise.resolve(items);
      },
    });
    await Promise.all([4, 4, 4, 99, 1, 1].map((item) => coalescer.add(item)));
    expect(batches).toEqual([[4, 4], [4], [99], [1, 1]]);
  });

  it('keeps a bad item from failing its neighbours', async () => {
    const coalescer = new Coalescer<number, number>({
      ...bounds,
      flush: (items) =>
        items.includes(13) ? Promise.reject(new Error('thirteen')) : Promise.resolve(items),
    });
    const results = await Promise.allSettled([1, 13, 2].map((item) => coalescer.add(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('does not try items one by one when none of them is to blame', async () => {
    let flushes = 0;
    const away = new MayflyError('store.unavailable', 'away');
    const coalescer = new Coalescer<number, number>({
      ...bounds,
      mayIsolate: (error) => error !== away,
      flush: () => {
        flushes++;
        return Promise.reject(away);
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => coalescer.add(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(flushes).toBe(1);
  });

  it('answers each item with its own result, whatever the loads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer(), fc.nat(3)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 8 }),
        async (items, maxInFlight, maxWeight) => {
          let inFlight = 0;
          const coalescer = new Coalescer<number, number>({
            ...bounds,
            maxInFlight,
            maxWeight,
            flush: async (batch) => {
              expect(++inFlight).toBeLessThanOrEqual(maxInFlight);
              await turn();
              inFlight--;
              return batch.map((item) => item + 1);
            },
          });
          const answers: Promise<number>[] = [];
          for (const [item, turns] of items) {
            for (let n = 0; n < turns; n++) await turn();
            answers.push(coalescer.add(item));
          }
          expect(await Promise.all(answers)).toEqual(items.map(([item]) => item + 1));
        },
      ),
      { numRuns: 50 },
    );
  });
});
