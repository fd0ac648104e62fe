import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { afterPolicySchema, afterSchema } from './after.ts';
import { retryPolicySchema } from './retry-policy.ts';
import { webhookSchema } from './webhook.ts';
import { PLAIN_TEXT } from '../text.ts';

/** Names become parts of URLs, metrics and broker names, so they stay in this plain alphabet. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}$';

export const typeNameSchema = z
  .string()
  .regex(new RegExp(NAME_PATTERN))
  .describe('Name of the task type, for example `code.run`.');

export const queueNameSchema = z.string().regex(new RegExp(NAME_PATTERN));

export const labelsSchema = z
  .record(
    z.string().min(1).max(LIMITS.labelKeyCharsMax).regex(PLAIN_TEXT),
    z.string().max(LIMITS.labelValueCharsMax).regex(PLAIN_TEXT),
  )
  .describe(`Up to ${LIMITS.labelsMax} labels to find tasks by.`);

const priorityField = z
  .int()
  .min(-LIMITS.priorityMax)
  .max(LIMITS.priorityMax)
  .describe('Higher runs first within a queue.');

const descriptionField = z.string().max(LIMITS.descriptionCharsMax).regex(PLAIN_TEXT);
const runAtField = z.iso.datetime({ offset: true });
const ttlMsField = z
  .int()
  .min(1)
  .max(LIMITS.ttlMsMax)
  .describe('Longest run time of one attempt, counted from its start. The code is dead by then.');
const queueTtlMsField = z
  .int()
  .min(1)
  .max(LIMITS.waitTtlMsMax)
  .describe('Longest wait before the first start.');
const totalTtlMsField = z
  .int()
  .min(1)
  .max(LIMITS.waitTtlMsMax)
  .describe('Longest life from submission to the end, retries included.');
const graceMsField = z
  .int()
  .min(0)
  .max(LIMITS.graceMsMax)
  .describe(
    'How long before the end of the TTL, or after a cancel, the soft signal is given before the hard kill.',
  );

const concurrencyKeyField = z
  .string()
  .min(1)
  .max(LIMITS.concurrencyKeyCharsMax)
  .regex(PLAIN_TEXT)
  .describe('Tasks with the same key share the limits that the queue sets for each key.');

const uniqueSchema = z
  .strictObject({
    key: z.string().min(1).max(LIMITS.uniqueKeyCharsMax).regex(PLAIN_TEXT),
    scope: z
      .enum(['waiting', 'unfinished'])
      .default('unfinished')
      .describe('The key is taken while the task waits, or until it has finished.'),
    windowMs: z
      .int()
      .min(0)
      .max(LIMITS.uniqueWindowMsMax)
      .default(0)
      .describe('And for this long from its submission, whatever becomes of it.'),
    onConflict: z
      .enum(['existing', 'reject'])
      .default('existing')
      .describe('Answer with the task that has the key, or with 409.'),
  })
  .describe('One task at a time with this key, among those of its owner and type.');

/** A unique key with every default filled in. */
export type Unique = z.output<typeof uniqueSchema>;

export const submissionSchema = z.strictObject({
  type: typeNameSchema,
  params: z.unknown().optional().describe('Input of the task, any JSON; its type has the schema.'),
  ttlMs: ttlMsField,
  queue: queueNameSchema.default('default'),
  priority: priorityField.default(0),
  description: descriptionField.nullable().default(null),
  runAt: runAtField.optional().describe('Not before this time. Excludes `delayMs`.'),
  delayMs: z.int().min(0).max(LIMITS.runAtAheadMsMax).optional(),
  queueTtlMs: queueTtlMsField.nullable().default(null),
  totalTtlMs: totalTtlMsField.nullable().default(null),
  graceMs: graceMsField.default(0),
  retry: retryPolicySchema.optional(),
  labels: labelsSchema.default({}),
  concurrencyKey: concurrencyKeyField.nullable().default(null),
  unique: uniqueSchema.optional(),
  after: afterSchema.default([]),
  afterPolicy: afterPolicySchema.default('cancel'),
  webhook: webhookSchema.optional(),
});

export type Submission = z.input<typeof submissionSchema>;

export const batchSubmissionSchema = z.strictObject({
  tasks: z.array(submissionSchema).min(1).max(LIMITS.batchTasksMax),
});

/** What PATCH may change. `ttlMs` also while the task runs; the rest only while it waits. */
export const taskChangeSchema = z.strictObject({
  description: descriptionField.nullable().optional(),
  labels: labelsSchema.optional(),
  priority: priorityField.optional(),
  params: z.unknown().optional(),
  ttlMs: ttlMsField.optional(),
  queueTtlMs: queueTtlMsField.nullable().optional(),
  totalTtlMs: totalTtlMsField.nullable().optional(),
  graceMs: graceMsField.optional(),
  retry: retryPolicySchema.optional(),
  runAt: runAtField.optional(),
});

export type TaskChange = z.infer<typeof taskChangeSchema>;
