import { z } from 'zod';
import { afterPolicySchema } from './after.ts';
import { retryPolicySchema } from './retry-policy.ts';
import { webhookSchema } from './webhook.ts';
import { ATTEMPT_OUTCOMES, STOP_REASONS, taskStatusSchema } from './status.ts';

const time = z.iso.datetime();

export const taskErrorSchema = z.object({ code: z.string(), message: z.string() });

export const taskSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  description: z.string().nullable(),
  queue: z.string(),
  priority: z.int(),
  status: taskStatusSchema,
  params: z.json(),
  ttlMs: z.int(),
  queueTtlMs: z.int().nullable(),
  totalTtlMs: z.int().nullable(),
  graceMs: z.int(),
  retry: retryPolicySchema,
  attempt: z.int().describe('Number of the current or last attempt; 0 before the first.'),
  owner: z.string(),
  labels: z.record(z.string(), z.string()),
  concurrencyKey: z.string().nullable(),
  progress: z.number().nullable().describe('Percent, 0 to 100, as the handler reported it.'),
  createdAt: time,
  runAt: time.nullable(),
  startedAt: time.nullable(),
  deadlineAt: time.nullable().describe('When the current attempt will be dead at the latest.'),
  finishedAt: time.nullable(),
  worker: z.string().nullable(),
  result: z.json().nullable(),
  error: taskErrorSchema.nullable(),
  after: z.array(z.uuid()).describe('Tasks that must have ended before.'),
  afterPolicy: afterPolicySchema.nullable(),
  webhook: webhookSchema.nullable(),
});

export type Task = z.infer<typeof taskSchema>;
export type TaskError = z.infer<typeof taskErrorSchema>;

export const taskStatusViewSchema = taskSchema.pick({
  id: true,
  type: true,
  status: true,
  attempt: true,
  progress: true,
  startedAt: true,
  deadlineAt: true,
  finishedAt: true,
  worker: true,
  error: true,
});

export type TaskStatusView = z.infer<typeof taskStatusViewSchema>;

export const taskResultViewSchema = taskSchema.pick({
  id: true,
  status: true,
  result: true,
  error: true,
  finishedAt: true,
});

export type TaskResultView = z.infer<typeof taskResultViewSchema>;

export const stopRecordSchema = z.object({
  reason: z.enum(STOP_REASONS),
  requestedAt: time,
  confirmedAt: time.nullable().describe('When the worker said that the code is dead.'),
});

export const attemptSchema = z.object({
  number: z.int(),
  worker: z.string().nullable(),
  startedAt: time,
  finishedAt: time.nullable(),
  outcome: z.enum(ATTEMPT_OUTCOMES).nullable().describe('Null while the attempt runs.'),
  error: taskErrorSchema.nullable(),
  stop: stopRecordSchema.nullable(),
  lateResultRefusedAt: time.nullable(),
});

export type Attempt = z.infer<typeof attemptSchema>;

/** One status change, as `GET /api/tasks/stream` sends it. */
export const taskEventSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  queue: z.string(),
  status: taskStatusSchema,
  attempt: z.int(),
  progress: z.number().nullable(),
  at: time,
});

export type TaskEvent = z.infer<typeof taskEventSchema>;

export const OUTPUT_STREAMS = ['stdout', 'stderr', 'log'] as const;

export type OutputStream = (typeof OUTPUT_STREAMS)[number];
