import {
  attemptSchema,
  explanationSchema,
  taskPageSchema,
  taskResultViewSchema,
  taskSchema,
  taskStatusViewSchema,
  webhookDeliverySchema,
  type Task,
  type TaskResultView,
  type TaskStatusView,
} from '@mayfly/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { waitForEnd } from '../wait-for-end.ts';
import {
  answers,
  idParamsSchema,
  listQuerySchema,
  noQuerySchema,
  waitQuerySchema,
  type ListQuery,
} from './route-parts.ts';

interface ById {
  Params: { id: string };
}
type ByIdWaiting = ById & { Querystring: { waitMs: number } };

/** Reading tasks. */
export function addTaskRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { core } = parts;
  const wait = (request: FastifyRequest<ByIdWaiting>): Promise<void> =>
    waitForEnd(parts, request.principal, request.params.id, request.query.waitMs);
  const byId = (summary: string, query: z.ZodType, answer: z.ZodType): object => ({
    config: { access: ['tasks:read', 'tasks:read:all'] },
    schema: {
      tags: ['tasks'],
      summary,
      params: schemaOf(idParamsSchema),
      querystring: schemaOf(query),
      response: answers({ 200: answerOf(answer) }),
    },
  });

  app.get<{ Querystring: ListQuery }>(
    '/api/tasks',
    {
      config: { access: ['tasks:read', 'tasks:read:all'] },
      schema: {
        tags: ['tasks'],
        summary: 'List tasks, newest first',
        querystring: schemaOf(listQuerySchema),
        response: answers({ 200: answerOf(taskPageSchema) }),
      },
    },
    (request) => {
      const { limit, cursor, ...filter } = request.query;
      return core.queries.list(request.principal, filter, { limit, cursor });
    },
  );

  app.get<ByIdWaiting>(
    '/api/tasks/:id',
    byId('Read a task', waitQuerySchema, taskSchema),
    async (request) => {
      await wait(request);
      return core.queries.get(request.principal, request.params.id);
    },
  );

  app.get<ByIdWaiting>(
    '/api/tasks/:id/status',
    byId('Read the status of a task', waitQuerySchema, taskStatusViewSchema),
    async (request) => {
      await wait(request);
      return toStatusView(await core.queries.get(request.principal, request.params.id));
    },
  );

  app.get<ByIdWaiting>(
    '/api/tasks/:id/result',
    byId('Read the result of a finished task', waitQuerySchema, taskResultViewSchema),
    async (request) => {
      await wait(request);
      return toResultView(await core.queries.result(request.principal, request.params.id));
    },
  );

  app.get<ById>(
    '/api/tasks/:id/attempts',
    byId('List the attempts of a task', noQuerySchema, z.object({ items: z.array(attemptSchema) })),
    async (request) => ({
      items: await core.queries.attempts(request.principal, request.params.id),
    }),
  );

  app.get<ById>(
    '/api/tasks/:id/explain',
    byId('Tell why a task waits, what it does, or why it ended', noQuerySchema, explanationSchema),
    (request) => core.explainer.explain(request.principal, request.params.id),
  );
}

/** What was told of the ends of a task. */
export function addWebhookRoutes(app: FastifyInstance, { core, store }: HttpParts): void {
  app.get<ById>(
    '/api/tasks/:id/webhooks',
    {
      config: { access: ['tasks:read', 'tasks:read:all'] },
      schema: {
        tags: ['tasks'],
        summary: 'List what was told of the ends of a task',
        params: schemaOf(idParamsSchema),
        querystring: schemaOf(noQuerySchema),
        response: answers({
          200: answerOf(z.object({ items: z.array(webhookDeliverySchema) })),
        }),
      },
    },
    async (request) => {
      const { id } = await core.queries.get(request.principal, request.params.id);
      return { items: await store.webhooks.list(id) };
    },
  );
}

function toStatusView(task: Task): TaskStatusView {
  const { id, type, status, attempt, progress, startedAt, deadlineAt, finishedAt, worker, error } =
    task;
  return { id, type, status, attempt, progress, startedAt, deadlineAt, finishedAt, worker, error };
}

function toResultView({ id, status, result, error, finishedAt }: Task): TaskResultView {
  return { id, status, result, error, finishedAt };
}
