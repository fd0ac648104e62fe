import { expect, it } from 'vitest';
import { resolveLimits, RUN_LIMITS } from '../src/limits.ts';

it('fills limits from defaults, then the runtime, then the request, and lowers to the ceilings', () => {
  expect(resolveLimits([])).toEqual(RUN_LIMITS);
  const limits = resolveLimits([{ memoryBytes: 2e8, processes: 9 }, undefined, { processes: 7 }], {
    memoryBytes: 1e8,
    diskBytes: 1e15,
  });
  expect(limits).toEqual({ ...RUN_LIMITS, memoryBytes: 1e8, processes: 7 });
});
