import { defineHandler } from '@mayfly/worker';
import { z } from 'zod';

/** A handler that only a kill ends: it never lets the event loop of its process turn again. */
export const endless = defineHandler({
  type: 'bench.endless',
  module: import.meta.url,
  params: z.strictObject({}),
  run() {
    for (;;);
  },
});
