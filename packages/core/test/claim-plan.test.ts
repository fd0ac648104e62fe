import type { QueueControls } from '@mayfly/contracts';
import { planClaim, type KeyLoad, type QueueLoad } from '@mayfly/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const FREE: QueueControls = {
  paused: false,
  concurrency: null,
  rateLimit: null,
  keyConcurrency: null,
  keyRateLimit: null,
};

function key(name: string, changes: Partial<KeyLoad> = {}): KeyLoad {
  return { key: name, running: 0, started: 0, freeInMs: null, ...changes };
}

function load(controls: Partial<QueueControls>, changes: Partial<QueueLoad> = {}): QueueLoad {
  const nothing = { running: 0, started: 0, freeInMs: null, keys: [key('')] };
  return { controls: { ...FREE, ...controls }, ...nothing, ...changes };
}

describe('the plan of a claim', () => {
  it('has no place while the queue is paused', () => {
    expect(planClaim(load({ paused: true }), 9)).toMatchObject({ places: 0, keys: [] });
  });

  it('leaves what runs its room', () => {
    expect(planClaim(load({ concurrency: 5 }, { running: 3 }), 9).places).toBe(2);
    expect(planClaim(load({ concurrency: 5 }, { running: 8 }), 9).places).toBe(0);
  });

  it('gives each key what its own limits leave, and tasks without a key all', () => {
    const keys = [key('a', { running: 2 }), key('b', { running: 1 }), key('')];
    const plan = planClaim(load({ keyConcurrency: 2 }, { keys }), 9);
    expect(plan.keys).toEqual([
      { key: 'b', room: 1 },
      { key: '', room: 8 },
    ]);
  });

  it('asks to come back when the oldest start leaves the time of the limit', () => {
    const rateLimit = { count: 4, perMs: 1000 };
    const plan = planClaim(load({ rateLimit }, { started: 1, freeInMs: 300 }), 9);
    expect(plan.places).toBe(3);
    expect(plan.nextInMs(2)).toBeNull();
    expect(plan.nextInMs(3)).toBe(300);
    expect(planClaim(load({ rateLimit }), 9).nextInMs(4)).toBe(1000);
  });

  it('asks to come back for the key that is free first', () => {
    const keys = [
      key('a', { started: 1, freeInMs: 700 }),
      key('b', { started: 1, freeInMs: 200 }),
      key(''),
    ];
    const plan = planClaim(load({ keyRateLimit: { count: 1, perMs: 1000 } }, { keys }), 9);
    expect(plan.keys).toEqual([{ key: '', room: 9 }]);
    expect(plan.nextInMs(9)).toBe(200);
  });

  it('never allows more than any limit, whatever the load', () => {
    const limit = fc.option(fc.integer({ min: 1, max: 20 }), { nil: null });
    const rate = fc.option(
      fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constant(50) }),
      { nil: null },
    );
    const controls = fc.record({
      paused: fc.boolean(),
      concurrency: limit,
      rateLimit: rate,
      keyConcurrency: limit,
      keyRateLimit: rate,
    });
    const used = fc.record({ running: fc.nat(25), started: fc.nat(25) });
    fc.assert(
      fc.property(
        controls,
        used,
        fc.array(used, { maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (limits, whole, loads, slots) => {
          const keys = loads.map((entry, index) => key(`k${index}`, { ...entry, freeInMs: 5 }));
          const plan = planClaim({ controls: limits, ...whole, freeInMs: 5, keys }, slots);
          expect(plan.places).toBeGreaterThanOrEqual(0);
          expect(plan.places).toBeLessThanOrEqual(slots);
          if (plan.places > 0) {
            expect(limits.paused).toBe(false);
            expect(whole.running + plan.places).toBeLessThanOrEqual(limits.concurrency ?? Infinity);
            expect(whole.started + plan.places).toBeLessThanOrEqual(
              limits.rateLimit?.count ?? Infinity,
            );
          }
          for (const entry of plan.keys) {
            const own = keys.find((known) => known.key === entry.key) as KeyLoad;
            expect(entry.room).toBeGreaterThan(0);
            expect(own.running + entry.room).toBeLessThanOrEqual(limits.keyConcurrency ?? Infinity);
            expect(own.started + entry.room).toBeLessThanOrEqual(
              limits.keyRateLimit?.count ?? Infinity,
            );
          }
        },
      ),
    );
  });
});
