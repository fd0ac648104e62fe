import { MayflyError, workerViewSchema } from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, idParamsSchema, noQuerySchema } from './route-parts.ts';

const listSchema = z.object({ items: z.array(workerViewSchema) });
const drainSchema = z.object({ id: z.uuid(), state: z.literal('draining') });

/** The fleet. */
export function addWorkerRoutes(app: FastifyInstance, { core, store }: HttpParts): void {
  app.get(
    '/api/workers',
    {
      config: { access: ['tasks:read', 'tasks:read:all', 'tasks:write', 'worker'] },
      schema: {
        tags: ['operation'],
        summary: 'List the workers',
        querystring: schemaOf(noQuerySchema),
        response: answers({ 200: answerOf(listSchema) }),
      },
    },
    async () => ({ items: await store.workers.listWorkers() }),
  );

  app.post<{ Params: { id: string } }>(
    '/api/workers/:id/drain',
    {
      config: { access: ['admin'] },
      schema: {
        tags: ['operation'],
        summary: 'Ask a worker to take nothing more, to finish what it has, and to end',
        params: schemaOf(idParamsSchema),
        querystring: schemaOf(noQuerySchema),
        response: answers({ 202: answerOf(drainSchema) }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await core.dispatcher.drainWorker(id))) throw notHere(id);
      return reply.code(202).send({ id, state: 'draining' });
    },
  );
}

function notHere(id: string): MayflyError {
  return new MayflyError(
    'worker.not_found',
    `No worker ${id} is here now. GET /api/workers lists those that are.`,
  );
}
