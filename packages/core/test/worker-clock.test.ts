import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkerClock } from '../src/time/worker-clock.ts';

// Goal: a deadline that is told on the clock of a worker never comes after our own.
// Method: two clocks that stand and run differently, frames on a way of any slowness.
describe('the clock of a worker', () => {
  it('is unknown before the worker has told a time', () => {
    expect(new WorkerClock().tell(100, 0)).toBeUndefined();
  });

  it('is known best from the fastest frame', () => {
    const clock = new WorkerClock();
    clock.hear(5000, 40);
    clock.hear(5010, 15);
    clock.hear(5020, 90);
    expect(clock.tell(100, 90)).toBeCloseTo(5095 - 0.075, 6);
  });

  it('forgets a fast frame as slowly as clocks can drift', () => {
    const clock = new WorkerClock();
    clock.hear(5000, 0);
    expect(clock.tell(100_000, 100_000)).toBeCloseTo(105_000 - 100, 6);
    clock.hear(104_950, 100_000);
    expect(clock.tell(100_000, 100_000)).toBeCloseTo(104_950, 6);
  });

  it('never tells a moment too late, and too early only by the way of a frame and the drift', () => {
    const frame = fc.record({
      pauseMs: fc.double({ min: 0, max: 2000, noNaN: true }),
      wayMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    });
    const clocks = fc.record({
      aheadMs: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      drift: fc.double({ min: -0.0009, max: 0.0009, noNaN: true }),
      frames: fc.array(frame, { minLength: 1, maxLength: 30 }),
      leftMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
    });
    fc.assert(
      fc.property(clocks, ({ aheadMs, drift, frames, leftMs }) => {
        const onWorker = (at: number): number => at * (1 + drift) + aheadMs;
        const clock = new WorkerClock();
        let now = 0;
        let last = 0;
        for (const { pauseMs, wayMs } of frames) {
          now += pauseMs + wayMs;
          last = wayMs;
          clock.hear(onWorker(now - wayMs), now);
        }
        const told = clock.tell(now, now) as number;
        expect(told).toBeLessThanOrEqual(onWorker(now) + 1e-3);
        expect(told).toBeGreaterThanOrEqual(onWorker(now) - last * 1.001 - 1e-3);
        // A moment ahead of us is off by no more than the clocks drift until then.
        const deadline = clock.tell(now + leftMs, now) as number;
        expect(deadline).toBeLessThanOrEqual(onWorker(now + leftMs) + leftMs * 0.001 + 1e-3);
      }),
    );
  });
});
