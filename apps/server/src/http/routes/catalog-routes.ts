import { ratesSchema, runtimeInfoSchema, taskTypeSchema } from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, noQuerySchema } from './route-parts.ts';

const STATS_DAYS = 7;

const statsSchema = z.object({
  tasks: z.object({
    scheduled: z.int(),
    pending: z.int(),
    running: z.int(),
    completed: z.int(),
    failed: z.int(),
    expired: z.int(),
    cancelled: z.int(),
    submitted: z.int(),
  }),
  days: z.int().describe('Days that the counts of ended and submitted tasks cover.'),
  rates: ratesSchema.nullable(),
  waiting: z.array(z.object({ queue: z.string(), type: z.string(), pending: z.int() })),
  workers: z.object({ online: z.int(), concurrency: z.int(), running: z.int() }),
});

/** What there is: types, runtimes, figures. */
export function addCatalogRoutes(
  app: FastifyInstance,
  { core, store, version, grpcPort }: HttpParts,
): void {
  const reading = (tag: string, summary: string, answer: z.ZodType): object => ({
    config: { access: ['tasks:read', 'tasks:read:all', 'tasks:write', 'worker'] },
    schema: {
      tags: [tag],
      summary,
      querystring: schemaOf(noQuerySchema),
      response: answers({ 200: answerOf(answer) }),
    },
  });

  app.get(
    '/api/task-types',
    reading(
      'catalog',
      'List task types with the JSON Schema of their params',
      z.object({ items: z.array(taskTypeSchema) }),
    ),
    async () => {
      await core.types.refresh();
      return { items: core.types.list() };
    },
  );

  app.get(
    '/api/runtimes',
    reading(
      'catalog',
      'List the languages that can run now',
      z.object({ items: z.array(runtimeInfoSchema) }),
    ),
    async () => ({ items: await core.runtimes.list() }),
  );

  app.get('/api/stats', reading('operation', 'Count tasks and workers', statsSchema), async () => {
    const [stats, workers] = await Promise.all([
      store.reader.stats(STATS_DAYS),
      store.workers.listWorkers(),
    ]);
    const online = workers.filter((worker) => worker.state === 'online');
    const pending = stats.waiting.reduce((sum, lane) => sum + lane.pending, 0);
    return {
      tasks: { scheduled: stats.scheduled, pending, running: stats.running, ...stats.totals },
      days: STATS_DAYS,
      rates: core.meter.rates(),
      waiting: stats.waiting,
      workers: {
        online: online.length,
        concurrency: online.reduce((sum, worker) => sum + worker.concurrency, 0),
        running: online.reduce((sum, worker) => sum + worker.running, 0),
      },
    };
  });

  app.get(
    '/api/info',
    reading(
      'operation',
      'Version of the server, and where workers find gRPC',
      z.object({ version: z.string(), grpcPort: z.int().nullable() }),
    ),
    () => ({ version, grpcPort }),
  );
}
