import { appendFileSync } from 'node:fs';
import { defineHandler } from '@mayfly/worker';
import { z } from 'zod';

/** Says hello in the log and in the result. */
export const greet = defineHandler({
  type: 'test.greet',
  description: 'Greets somebody.',
  isolation: 'inline',
  params: z.object({ name: z.string() }),
  run({ name }, { log }) {
    log(`hello ${name}`);
    return { greeting: `hello ${name}` };
  },
});

/** Never lets the event loop of its process turn again. */
export const spin = defineHandler({
  type: 'test.spin',
  module: import.meta.url,
  params: z.object({}),
  run(_, { log }) {
    log(`process ${process.pid}`);
    for (;;);
  },
});

/** Takes a while, in a process of its own. */
export const nap = defineHandler({
  type: 'test.nap',
  module: import.meta.url,
  params: z.object({ ms: z.int() }),
  async run({ ms }) {
    await new Promise((resolve) => setTimeout(resolve, ms));
  },
});

/** Leaves a line in a file each time that it runs. */
export const tally = defineHandler({
  type: 'test.tally',
  isolation: 'inline',
  params: z.object({ file: z.string() }),
  run({ file }, { taskId }) {
    appendFileSync(file, `${taskId}\n`);
  },
});
