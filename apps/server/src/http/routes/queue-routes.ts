import {
  queueChangeSchema,
  queueNameSchema,
  queueViewSchema,
  type Claim,
  type QueueChange,
} from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, noQuerySchema } from './route-parts.ts';

interface ByName {
  Params: { name: string };
}

const READING: Claim[] = ['tasks:read', 'tasks:read:all'];
const CHANGING: Claim[] = ['admin'];

/** Looking at queues, and controlling them. */
export function addQueueRoutes(app: FastifyInstance, { core }: HttpParts): void {
  const { queues } = core;
  const byName = (summary: string, access: Claim[], body?: z.ZodType): object => ({
    config: { access },
    schema: {
      tags: ['queues'],
      summary,
      params: schemaOf(z.strictObject({ name: queueNameSchema })),
      querystring: schemaOf(noQuerySchema),
      ...(body ? { body: schemaOf(body) } : {}),
      response: answers({ 200: answerOf(queueViewSchema) }),
    },
  });

  app.get(
    '/api/queues',
    {
      config: { access: READING },
      schema: {
        tags: ['queues'],
        summary: 'List queues with their counts and controls',
        querystring: schemaOf(noQuerySchema),
        response: answers({ 200: answerOf(z.object({ items: z.array(queueViewSchema) })) }),
      },
    },
    async () => ({ items: await queues.list() }),
  );

  app.get<ByName>('/api/queues/:name', byName('Read a queue', READING), (request) =>
    queues.get(request.params.name),
  );

  app.put<ByName & { Body: QueueChange }>(
    '/api/queues/:name',
    byName('Set limits of a queue; null takes one away', CHANGING, queueChangeSchema),
    (request) => queues.change(request.params.name, request.body),
  );

  app.post<ByName>(
    '/api/queues/:name/pause',
    byName('Start no more tasks of a queue; what runs goes on', CHANGING),
    (request) => queues.pause(request.params.name),
  );

  app.post<ByName>(
    '/api/queues/:name/resume',
    byName('Start tasks of a paused queue again', CHANGING),
    (request) => queues.resume(request.params.name),
  );
}
