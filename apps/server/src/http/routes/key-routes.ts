import {
  apiKeyCreationSchema,
  apiKeyViewSchema,
  createdApiKeySchema,
  type Claim,
} from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, idParamsSchema, noQuerySchema } from './route-parts.ts';

interface Creation {
  Body: { name: string; claims: Claim[]; expiresAt: string | null };
}

/** API keys, for admins. */
export function addKeyRoutes(app: FastifyInstance, { keys }: HttpParts): void {
  const config = { access: ['admin' as const] };
  const querystring = schemaOf(noQuerySchema);

  app.get(
    '/api/api-keys',
    {
      config,
      schema: {
        tags: ['keys'],
        summary: 'List API keys',
        querystring,
        response: answers({ 200: answerOf(z.object({ items: z.array(apiKeyViewSchema) })) }),
      },
    },
    async () => ({ items: await keys.list() }),
  );

  app.post<Creation>(
    '/api/api-keys',
    {
      config,
      schema: {
        tags: ['keys'],
        summary: 'Make an API key; the answer is the only time that it is shown',
        querystring,
        body: schemaOf(apiKeyCreationSchema),
        response: answers({ 201: answerOf(createdApiKeySchema) }),
      },
    },
    async (request, reply) => {
      const { name, claims, expiresAt } = request.body;
      const expiry = expiresAt === null ? null : new Date(expiresAt);
      return reply.code(201).send(await keys.create(name, claims, expiry));
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/api/api-keys/:id',
    {
      config,
      schema: {
        tags: ['keys'],
        summary: 'Delete an API key',
        params: schemaOf(idParamsSchema),
        querystring,
        response: answers({ 204: { type: 'null', description: 'The key is gone.' } }),
      },
    },
    async (request, reply) => {
      await keys.remove(request.params.id);
      return reply.code(204).send();
    },
  );
}
