import { defineHandler, HandlerError } from '@mayfly/worker';
import { z } from 'zod';

// Handlers of a team's own. Start them with:
//   npx mayfly dev --handlers examples/handlers/report.ts
// and submit, for example:
//   npx mayfly submit report.build --params '{"rows": 2000}' --ttl 10s --wait

/** Runs in a process of its own, so that its TTL ends it whatever it does. */
export const buildReport = defineHandler({
  type: 'report.build',
  description: 'Adds up the columns of a generated table.',
  module: import.meta.url,
  params: z.strictObject({
    rows: z.int().min(1).max(100_000),
    columns: z.int().min(1).max(20).default(3),
  }),
  async run({ rows, columns }, { signal, progress, log }) {
    const totals = Array.from({ length: columns }, () => 0);
    for (let row = 0; row < rows; row++) {
      signal.throwIfAborted();
      for (let column = 0; column < columns; column++) {
        totals[column] = (totals[column] ?? 0) + ((row * 31 + column * 17) % 100);
      }
      if (row % 500 === 0) {
        progress((100 * row) / rows);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    log(`added up ${rows} rows of ${columns} columns`);
    return { rows, totals };
  },
});

/** Fails until its third attempt; a retry policy gets it there. */
export const flakyUpload = defineHandler({
  type: 'upload.flaky',
  description: 'Fails on its first two attempts.',
  isolation: 'inline',
  params: z.strictObject({}),
  run(_params, { attempt, log }) {
    log(`attempt ${attempt}`);
    if (attempt < 3) throw new HandlerError('upload.busy', 'The other side is busy.');
    return { uploaded: true, attempts: attempt };
  },
});
