import { setTimeout as pause } from 'node:timers/promises';
import { defineHandler } from '@mayfly/worker';
import { z } from 'zod';

// The task types of the bench, for workers in processes of their own.

/** Does nothing. */
export const noop = defineHandler({
  type: 'bench.noop',
  isolation: 'inline',
  params: z.strictObject({ n: z.number() }),
  run: () => undefined,
});

/** Tells when it started, on the clock that all processes of a machine share. */
export const stamp = defineHandler({
  type: 'bench.stamp',
  isolation: 'inline',
  params: z.strictObject({}),
  run: () => Number(process.hrtime.bigint() / 1000n) / 1000,
});

/** Waits, as a task does that asks another program. */
export const wait = defineHandler({
  type: 'bench.wait',
  isolation: 'inline',
  params: z.strictObject({ ms: z.number() }),
  run: ({ ms }) => pause(ms),
});

/** Fails the first time. */
export const flaky = defineHandler({
  type: 'bench.flaky',
  isolation: 'inline',
  params: z.strictObject({}),
  run(_params, { attempt }) {
    if (attempt === 1) throw new Error('the first attempt fails');
  },
});

/** Stays until it is told to stop. */
export const hold = defineHandler({
  type: 'bench.hold',
  isolation: 'inline',
  params: z.strictObject({}),
  run: (_params, { signal }) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }),
});

/** Only a kill ends it: it never lets the event loop of its process turn again. */
export const endless = defineHandler({
  type: 'bench.endless',
  module: import.meta.url,
  params: z.strictObject({}),
  run() {
    for (;;);
  },
});
