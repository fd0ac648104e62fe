import { z } from 'zod';
import { LIMITS } from '../limits.ts';

const concurrencyField = z.int().min(1).max(LIMITS.queueConcurrencyMax).nullable();

export const rateLimitSchema = z.strictObject({
  count: z.int().min(1).max(LIMITS.rateCountMax).describe('So many starts at most …'),
  perMs: z.int().min(1).max(LIMITS.ratePerMsMax).describe('… in any span of this length.'),
});

export type RateLimit = z.infer<typeof rateLimitSchema>;

/** What PUT may set. A field that is left out stays as it is; null takes the limit away. */
export const queueChangeSchema = z.strictObject({
  concurrency: concurrencyField.optional().describe('Most attempts at once.'),
  rateLimit: rateLimitSchema.nullable().optional(),
  keyConcurrency: concurrencyField
    .optional()
    .describe('Most attempts at once of the tasks with one concurrencyKey.'),
  keyRateLimit: rateLimitSchema.nullable().optional().describe('For each concurrencyKey.'),
  retentionMs: z
    .int()
    .min(LIMITS.retentionMsMin)
    .max(LIMITS.retentionMsMax)
    .nullable()
    .optional()
    .describe('How long finished tasks are kept that are submitted from now on.'),
});

export type QueueChange = z.infer<typeof queueChangeSchema>;

export const queueControlsSchema = z.object({
  paused: z.boolean(),
  concurrency: z.int().nullable(),
  rateLimit: rateLimitSchema.nullable(),
  keyConcurrency: z.int().nullable(),
  keyRateLimit: rateLimitSchema.nullable(),
});

/** What holds back the tasks of a queue. */
export type QueueControls = z.infer<typeof queueControlsSchema>;

export const ratesSchema = z
  .object({
    submitted: z.number(),
    started: z.number(),
    finished: z.number(),
    overMs: z.int().describe('The time that they were counted over.'),
  })
  .describe('A second, on all servers, over the last minute or less.');

export type Rates = z.infer<typeof ratesSchema>;

/** One queue as `GET /api/queues` shows it. */
export const queueViewSchema = queueControlsSchema.extend({
  name: z.string(),
  retentionMs: z.int().nullable().describe('Null: as long as the server says.'),
  pending: z.int(),
  running: z.int(),
  oldestWaitMs: z.number().nullable().describe('How long the oldest pending task has waited.'),
  totals: z
    .object({
      submitted: z.int(),
      completed: z.int(),
      failed: z.int(),
      expired: z.int(),
      cancelled: z.int(),
    })
    .describe('Tasks that came and went within the last `days` days.'),
  days: z.int(),
  rates: ratesSchema.nullable().describe('Null in the first seconds of a server.'),
});

export type QueueView = z.infer<typeof queueViewSchema>;
