import {
  MayflyError,
  taskChangeSchema,
  taskSchema,
  taskSelectionSchema,
  type TaskChange,
  type TaskSelection,
} from '@mayfly/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, idParamsSchema, noQuerySchema } from './route-parts.ts';

interface ById {
  Params: { id: string };
}

const actionCountSchema = z.object({
  matched: z.int().describe('Tasks that the selection found.'),
  changed: z.int().describe('Tasks that were changed.'),
  more: z.boolean().describe('More tasks match than one call handles; call again.'),
});

const config = { access: ['tasks:write' as const] };

/** Changing tasks. */
export function addControlRoutes(app: FastifyInstance, parts: HttpParts): void {
  addRoutesOfOne(app, parts);
  addRoutesOfMany(app, parts);
}

function addRoutesOfOne(app: FastifyInstance, { core }: HttpParts): void {
  const byId = (summary: string, answer: Record<number, object>, body?: object): object => ({
    config,
    ...(body ? { preValidation: refuseFixed } : {}),
    schema: {
      tags: ['tasks'],
      summary,
      params: schemaOf(idParamsSchema),
      querystring: schemaOf(noQuerySchema),
      ...(body ? { body } : {}),
      response: answers(answer),
    },
  });
  const task = { 200: answerOf(taskSchema) };
  const nothing = { 204: { type: 'null', description: 'The task is gone.' } };

  app.patch<ById & { Body: TaskChange }>(
    '/api/tasks/:id',
    byId(
      'Change a task while it waits; ttlMs also while it runs',
      task,
      schemaOf(taskChangeSchema),
    ),
    (request) => core.control.change(request.principal, request.params.id, request.body),
  );

  app.post<ById>('/api/tasks/:id/cancel', byId('Cancel a task', task), (request) =>
    core.control.cancel(request.principal, request.params.id),
  );

  app.post<ById>('/api/tasks/:id/retry', byId('Run a finished task again', task), (request) =>
    core.control.retry(request.principal, request.params.id),
  );

  app.delete<ById>(
    '/api/tasks/:id',
    byId('Delete a finished task', nothing),
    async (request, reply) => {
      await core.control.remove(request.principal, request.params.id);
      return reply.code(204).send();
    },
  );
}

/** Fields of a submission that say what a task is, or what it is tied to. */
const FIXED = [
  'type',
  'queue',
  'delayMs',
  'concurrencyKey',
  'unique',
  'after',
  'afterPolicy',
  'webhook',
];

async function refuseFixed({ body }: FastifyRequest): Promise<void> {
  if (typeof body !== 'object' || body === null) return;
  const errors = FIXED.filter((field) => Object.hasOwn(body, field)).map((field) => ({
    pointer: `/${field}`,
    detail: 'cannot be changed',
  }));
  if (errors.length === 0) return;
  throw new MayflyError(
    'request.invalid',
    `${errors.map(({ pointer }) => pointer).join(', ')} cannot be changed after the submission. Cancel the task and submit another one.`,
    { errors },
  );
}

function addRoutesOfMany(app: FastifyInstance, { core }: HttpParts): void {
  const selected = (summary: string): object => ({
    config,
    schema: {
      tags: ['tasks'],
      summary,
      querystring: schemaOf(noQuerySchema),
      body: schemaOf(taskSelectionSchema),
      response: answers({ 200: answerOf(actionCountSchema) }),
    },
  });

  app.post<{ Body: TaskSelection }>(
    '/api/tasks/cancel',
    selected('Cancel many tasks, by ids or by filter'),
    (request) => core.control.cancelSelected(request.principal, request.body),
  );

  app.post<{ Body: TaskSelection }>(
    '/api/tasks/retry',
    selected('Run many finished tasks again, by ids or by filter'),
    (request) => core.control.retrySelected(request.principal, request.body),
  );
}
