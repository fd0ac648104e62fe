import { ATTEMPT_OUTCOMES, isFinal, LIMITS, type RetryPolicy } from '@mayfly/contracts';
import { backoffMs, canMove, decideNextStep, type AttemptEnd } from '@mayfly/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 10 }),
  backoff: fc.constantFrom('fixed' as const, 'exponential' as const),
  delayMs: fc.nat(100_000),
  maxDelayMs: fc.nat(100_000),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  retryOn: fc.subarray(['failed' as const, 'expired' as const]),
});

const end: fc.Arbitrary<AttemptEnd> = fc.record({
  outcome: fc.constantFrom(...ATTEMPT_OUTCOMES),
  drained: fc.boolean(),
  failures: fc.nat(12),
  lost: fc.nat(LIMITS.lostAttemptsMax - 1),
  retry: fc.option(policy),
  cancelRequested: fc.boolean(),
  totalLeftMs: fc.option(fc.integer({ min: -1000, max: 200_000 })),
});

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('decideNextStep', () => {
  it('keeps the rules of retries for every end', () => {
    fc.assert(
      fc.property(end, random, (given, chance) => {
        const step = decideNextStep(given, () => chance);
        const again = step.status === null;
        expect(
          canMove('running', step.status ?? (step.delayMs > 0 ? 'scheduled' : 'pending')),
        ).toBe(true);
        if (given.cancelRequested) expect(again).toBe(false);
        if (given.outcome === 'completed' || given.outcome === 'cancelled') {
          expect(step.status).toBe(given.outcome);
        }
        if (given.outcome === 'lost') {
          expect(step.failures).toBe(given.failures);
          expect(step.delayMs).toBe(0);
          expect(step.lost).toBe(given.lost + (given.drained ? 0 : 1));
        } else if (again) {
          expect(given.retry?.retryOn).toContain(given.outcome);
          expect(step.failures).toBeLessThan(given.retry?.maxAttempts ?? 0);
          expect(step.delayMs).toBeLessThan(given.totalLeftMs ?? Number.POSITIVE_INFINITY);
        }
        if (step.status !== null) expect(isFinal(step.status)).toBe(true);
      }),
    );
  });

  const base: AttemptEnd = {
    outcome: 'lost',
    drained: false,
    failures: 0,
    lost: 0,
    retry: null,
    cancelRequested: false,
    totalLeftMs: null,
  };
  const half = (): number => 0.5;

  it('gives up a task that loses five workers, and not one whose workers were shut down', () => {
    expect(decideNextStep({ ...base, lost: 3 }, half)).toMatchObject({ status: null, lost: 4 });
    expect(decideNextStep({ ...base, lost: 4 }, half)).toMatchObject({
      status: 'failed',
      errorCode: 'attempt.lost_too_often',
    });
    expect(decideNextStep({ ...base, lost: 4, drained: true }, half)).toMatchObject({
      status: null,
    });
  });

  it('cancels a task whose worker vanished while it was told to stop', () => {
    expect(decideNextStep({ ...base, cancelRequested: true }, half)).toMatchObject({
      outcome: 'cancelled',
      status: 'cancelled',
    });
  });

  it('runs as often as maxAttempts says', () => {
    const retry: RetryPolicy = {
      maxAttempts: 3,
      backoff: 'fixed',
      delayMs: 10,
      maxDelayMs: 10,
      jitter: 0,
      retryOn: ['failed'],
    };
    let failures = 0;
    let attempts = 0;
    for (let status: string | null = null; status === null; attempts++) {
      const step = decideNextStep({ ...base, outcome: 'failed', retry, failures }, half);
      ({ status, failures } = step);
    }
    expect(attempts).toBe(3);
  });
});

describe('backoffMs', () => {
  it('never leaves the bounds of its policy', () => {
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 2000 }), random, (given, failures, chance) => {
        const delayMs = backoffMs(given, failures, () => chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(given.maxDelayMs);
        if (given.jitter === 0 && given.backoff === 'fixed') {
          expect(delayMs).toBe(Math.min(given.delayMs, given.maxDelayMs));
        }
      }),
    );
  });

  it('doubles from failure to failure up to its cap', () => {
    const given: RetryPolicy = {
      maxAttempts: 9,
      backoff: 'exponential',
      delayMs: 100,
      maxDelayMs: 1000,
      jitter: 0,
      retryOn: ['failed'],
    };
    expect([1, 2, 3, 4, 5, 60].map((failures) => backoffMs(given, failures, Math.random))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
  });
});
