import {
  FAULT_POINTS,
  parseFaults,
  steppingClock,
  type Clock,
  type FaultPoint,
} from '@mayfly/contracts';
import { describe, expect, it } from 'vitest';

describe('what MAYFLY_FAULTS says', () => {
  it.each([undefined, ''])('is nothing at all in production: %j', (text) => {
    expect(parseFaults(text)).toBeUndefined();
  });

  it.each(FAULT_POINTS)('makes %s fail each so many times, and no other point', async (point) => {
    const faults = parseFaults(`${point}:error@3`);
    const others = FAULT_POINTS.filter((other) => other !== point);
    for (const other of others) await faults?.at(other);
    const fates: boolean[] = [];
    for (let n = 0; n < 6; n++) {
      fates.push(
        await (faults?.at(point) ?? Promise.resolve()).then(
          () => true,
          () => false,
        ),
      );
    }
    expect(fates).toEqual([true, true, false, true, true, false]);
  });

  it('makes a point wait', async () => {
    const from = performance.now();
    await parseFaults('task.stored:delay=60')?.at('task.stored');
    expect(performance.now() - from).toBeGreaterThan(50);
  });

  it('may be several rules and words', async () => {
    const faults = parseFaults('unfenced,task.stored:error,worker.lost:error,wall-steps');
    expect(faults).toMatchObject({ unfenced: true, wallSteps: true });
    const failing: FaultPoint[] = ['task.stored', 'worker.lost'];
    for (const point of failing) {
      await expect(faults?.at(point)).rejects.toMatchObject({ code: 'store.unavailable' });
    }
    expect(parseFaults('task.stored:error')).toMatchObject({ unfenced: false, wallSteps: false });
  });

  it.each(['x', 'nowhere:crash', 'task.stored', 'task.stored:delay', 'task.stored:crash@0', ','])(
    'is refused with what it may be: %s',
    (text) => {
      expect(() => parseFaults(text)).toThrow(/is no rule\. Give POINT:crash.*Points are task/);
    },
  );
});

describe('a stepping clock', () => {
  it('steps its wall time by an hour ahead and back, and nothing else', () => {
    let passedMs = 0;
    const base: Clock = {
      now: () => 5_000_000,
      monotonic: () => passedMs,
      after: () => ({ cancel: () => undefined }),
    };
    const clock = steppingClock(base);
    const walls = [0, 700, 1400, 2100, 2800].map((ms) => {
      passedMs = ms;
      expect(clock.monotonic()).toBe(ms);
      return clock.now() - base.now();
    });
    expect(walls).toEqual([0, 3_600_000, 0, -3_600_000, 0]);
  });
});
