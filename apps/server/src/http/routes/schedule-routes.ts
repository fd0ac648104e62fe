import {
  LIMITS,
  scheduleChangeSchema,
  scheduleCreationSchema,
  schedulePageSchema,
  scheduleRunSchema,
  scheduleSchema,
  taskSchema,
} from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, idParamsSchema, noQuerySchema } from './route-parts.ts';

interface ById {
  Params: { id: string };
}

const nextRunsQuerySchema = noQuerySchema.extend({
  nextRuns: z.int().min(0).max(LIMITS.nextRunsMax).default(LIMITS.nextRunsDefault),
});
const limitField = z.int().min(1).max(LIMITS.pageItemsMax).default(LIMITS.pageItemsDefault);
const runsQuerySchema = noQuerySchema.extend({ limit: limitField });
const pageQuerySchema = runsQuerySchema.extend({ cursor: z.string().min(1).max(200).optional() });

const reading = { access: ['tasks:read' as const, 'tasks:read:all' as const] };
const writing = { access: ['tasks:write' as const] };
const schedule = { 200: answerOf(scheduleSchema) };

/** Tasks that are submitted again and again by the clock. */
export function addScheduleRoutes(app: FastifyInstance, parts: HttpParts): void {
  addReadingRoutes(app, parts);
  addWritingRoutes(app, parts);
  addActionRoutes(app, parts);
}

function addReadingRoutes(app: FastifyInstance, { core }: HttpParts): void {
  const read = (summary: string, query: z.ZodType, answer: z.ZodType, byId = true): object => ({
    config: reading,
    schema: {
      tags: ['schedules'],
      summary,
      ...(byId ? { params: schemaOf(idParamsSchema) } : {}),
      querystring: schemaOf(query),
      response: answers({ 200: answerOf(answer) }),
    },
  });

  app.get<{ Querystring: { limit: number; cursor?: string } }>(
    '/api/schedules',
    read('List schedules, newest first', pageQuerySchema, schedulePageSchema, false),
    ({ principal, query }) =>
      core.schedules.list(principal, { limit: query.limit, cursor: query.cursor }),
  );

  app.get<ById & { Querystring: { nextRuns: number } }>(
    '/api/schedules/:id',
    read('Read a schedule with its next runs', nextRunsQuerySchema, scheduleSchema),
    ({ principal, params, query }) => core.schedules.get(principal, params.id, query.nextRuns),
  );

  app.get<ById & { Querystring: { limit: number } }>(
    '/api/schedules/:id/runs',
    read(
      'List the latest runs of a schedule, newest first',
      runsQuerySchema,
      z.object({ items: z.array(scheduleRunSchema) }),
    ),
    async ({ principal, params, query }) => ({
      items: await core.schedules.runs(principal, params.id, query.limit),
    }),
  );
}

function addWritingRoutes(app: FastifyInstance, { core }: HttpParts): void {
  const querystring = schemaOf(noQuerySchema);
  const params = schemaOf(idParamsSchema);
  const tags = ['schedules'];

  app.post<{ Body: z.output<typeof scheduleCreationSchema> }>(
    '/api/schedules',
    {
      config: writing,
      schema: {
        tags,
        summary: 'Make a schedule; its task is checked as a submission is',
        querystring,
        body: schemaOf(scheduleCreationSchema),
        response: answers({ 201: answerOf(scheduleSchema) }),
      },
    },
    async ({ principal, body }, reply) => {
      const made = await core.schedules.create(principal, body);
      return reply.code(201).header('location', `/api/schedules/${made.id}`).send(made);
    },
  );

  app.patch<ById & { Body: z.output<typeof scheduleChangeSchema> }>(
    '/api/schedules/:id',
    {
      config: writing,
      schema: {
        tags,
        summary: 'Change a schedule',
        params,
        querystring,
        body: schemaOf(scheduleChangeSchema),
        response: answers(schedule),
      },
    },
    ({ principal, params: { id }, body }) => core.schedules.change(principal, id, body),
  );

  app.delete<ById>(
    '/api/schedules/:id',
    {
      config: writing,
      schema: {
        tags,
        summary: 'Delete a schedule; its tasks stay',
        params,
        querystring,
        response: answers({ 204: { type: 'null', description: 'The schedule is gone.' } }),
      },
    },
    async (request, reply) => {
      await core.schedules.remove(request.principal, request.params.id);
      return reply.code(204).send();
    },
  );
}

function addActionRoutes(app: FastifyInstance, { core }: HttpParts): void {
  const action = (summary: string, answer: Record<number, object>): object => ({
    config: writing,
    schema: {
      tags: ['schedules'],
      summary,
      params: schemaOf(idParamsSchema),
      querystring: schemaOf(noQuerySchema),
      response: answers(answer),
    },
  });

  app.post<ById>(
    '/api/schedules/:id/pause',
    action('Stop firing until it is resumed', schedule),
    (request) => core.schedules.pause(request.principal, request.params.id),
  );

  app.post<ById>(
    '/api/schedules/:id/resume',
    action('Fire again, from the next slot on', schedule),
    (request) => core.schedules.resume(request.principal, request.params.id),
  );

  app.post<ById>(
    '/api/schedules/:id/run',
    action('Submit its task now, out of turn', { 201: answerOf(taskSchema) }),
    async (request, reply) => {
      const task = await core.schedules.run(request.principal, request.params.id);
      return reply.code(201).header('location', `/api/tasks/${task.id}`).send(task);
    },
  );
}
