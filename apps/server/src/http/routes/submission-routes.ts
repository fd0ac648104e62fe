import { batchSubmissionSchema, LIMITS, submissionSchema, taskSchema } from '@mayfly/contracts';
import type { CheckedSubmission } from '@mayfly/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { answers, idempotencyHeaders, noQuerySchema } from './route-parts.ts';

interface IdempotencyHeaders {
  'idempotency-key'?: string;
}

export function addSubmissionRoutes(app: FastifyInstance, { core, bodyBytesMax }: HttpParts): void {
  app.post<{ Body: CheckedSubmission; Headers: IdempotencyHeaders }>(
    '/api/tasks',
    {
      bodyLimit: bodyBytesMax,
      config: { access: ['tasks:write'] },
      schema: {
        tags: ['tasks'],
        summary: 'Submit a task',
        headers: idempotencyHeaders,
        querystring: schemaOf(noQuerySchema),
        body: schemaOf(submissionSchema),
        response: answers({ 200: answerOf(taskSchema), 201: answerOf(taskSchema) }),
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const { tasks, repeated } = await core.submissions.submit(
        request.principal,
        request.body,
        key,
      );
      const [task] = tasks;
      if (!repeated && task) reply.header('location', `/api/tasks/${task.id}`);
      return reply.code(repeated ? 200 : 201).send(task);
    },
  );

  const batchAnswer = answerOf(z.object({ tasks: z.array(taskSchema) }));
  app.post<{ Body: { tasks: CheckedSubmission[] }; Headers: IdempotencyHeaders }>(
    '/api/tasks/batch',
    {
      bodyLimit: Math.max(bodyBytesMax, LIMITS.batchBodyBytesDefault),
      config: { access: ['tasks:write'] },
      schema: {
        tags: ['tasks'],
        summary: 'Submit many tasks, all or none',
        headers: idempotencyHeaders,
        querystring: schemaOf(noQuerySchema),
        body: schemaOf(batchSubmissionSchema),
        response: answers({ 200: batchAnswer, 201: batchAnswer }),
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const { principal, body } = request;
      const { tasks, repeated } = await core.submissions.submitBatch(principal, body.tasks, key);
      return reply.code(repeated ? 200 : 201).send({ tasks });
    },
  );
}
