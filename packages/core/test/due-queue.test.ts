import { DueQueue } from '@mayfly/core';
import { ManualClock } from '@mayfly/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('DueQueue', () => {
  it('hands out keys when they are due, each once, as a plain map would', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key: fc.nat(20), inMs: fc.nat(50) }),
      fc.record({ kind: fc.constant('delete' as const), key: fc.nat(20) }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(30) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const clock = new ManualClock();
        const model = new Map<number, number>();
        const due: number[] = [];
        const queue = new DueQueue<number>(clock, (keys) => due.push(...keys));
        for (const action of steps) {
          if (action.kind === 'set') {
            model.set(action.key, clock.monotonic() + action.inMs);
            queue.set(action.key, clock.monotonic() + action.inMs);
          } else if (action.kind === 'delete') {
            model.delete(action.key);
            queue.delete(action.key);
          } else {
            await clock.advance(action.ms);
            const expected = [...model]
              .filter(([, at]) => at <= clock.monotonic())
              .map(([key]) => key);
            for (const key of expected) model.delete(key);
            expect(new Set(due)).toEqual(new Set(expected));
            expect(due.splice(0)).toHaveLength(expected.length);
          }
          expect(queue.size).toBe(model.size);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('stays small when keys are set and removed over and over', async () => {
    const clock = new ManualClock();
    const queue = new DueQueue<number>(clock, () => undefined);
    for (let n = 0; n < 10_000; n++) {
      queue.set(n, n + 1);
      queue.delete(n);
    }
    expect(queue.size).toBe(0);
    queue.set(1, 5);
    await clock.advance(10);
    expect(queue.size).toBe(0);
  });
});
