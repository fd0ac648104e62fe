import { LIMITS, taskFilterSchema } from '@mayfly/contracts';
import { z } from 'zod';

/** Pieces that the schemas of several routes share. */

export const idParamsSchema = z.strictObject({ id: z.uuid() });

/** Credentials may come in the query of any route. */
const apiKeyQuery = { apiKey: z.string().optional() };

export const noQuerySchema = z.strictObject(apiKeyQuery);

export const waitQuerySchema = z.strictObject({
  ...apiKeyQuery,
  waitMs: z
    .int()
    .min(0)
    .max(LIMITS.waitMsMax)
    .default(0)
    .describe('Answer only when the task has finished, or after this time.'),
});

export const listQuerySchema = taskFilterSchema.extend({
  ...apiKeyQuery,
  limit: z.int().min(1).max(LIMITS.pageItemsMax).default(LIMITS.pageItemsDefault),
  cursor: z.string().min(1).max(200).optional(),
});

export type ListQuery = z.infer<typeof listQuerySchema>;

const problemSchema = {
  description: 'A problem document (RFC 9457).',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** The answers of a route: its own, and problems for the rest. */
export function answers(ok: Record<number, object>): Record<string, object> {
  return { ...ok, '4xx': problemSchema, '5xx': problemSchema };
}

export const idempotencyHeaders = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: LIMITS.idempotencyKeyCharsMax,
      description: 'Repeats of this key within a day get the answer of the first.',
    },
  },
};
