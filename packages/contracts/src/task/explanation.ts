import { z } from 'zod';
import { taskStatusSchema } from './status.ts';

/** Why a task waits, what it does, or why it ended. A code never changes its meaning. */
export const EXPLANATION_CODES = [
  'wait.scheduled',
  'wait.predecessors',
  'wait.back_off',
  'wait.unconfirmed_end',
  'wait.queue_paused',
  'wait.no_worker_for_type',
  'wait.no_worker_for_runtime',
  'wait.no_worker_for_queue',
  'wait.workers_draining',
  'wait.queue_concurrency',
  'wait.key_concurrency',
  'wait.queue_rate',
  'wait.key_rate',
  'wait.workers_full',
  'wait.next_in_line',
  'run.on_worker',
  'run.stopping',
  'end.completed',
  'end.failed',
  'end.lost_too_often',
  'end.ttl_exceeded',
  'end.queue_ttl_exceeded',
  'end.total_ttl_exceeded',
  'end.cancelled',
  'end.dependency_failed',
] as const;

export type ExplanationCode = (typeof EXPLANATION_CODES)[number];

const reasonSchema = z.object({
  code: z.enum(EXPLANATION_CODES),
  message: z.string().describe('The same in words.'),
  at: z.iso.datetime().nullable().describe('When it ends, or when it came to be so; null: open.'),
  tasks: z
    .array(z.object({ id: z.uuid(), status: taskStatusSchema }))
    .optional()
    .describe('With `wait.predecessors`: the first ones that it still waits for.'),
});

/** Answer of `GET /api/tasks/{id}/explain`. */
export const explanationSchema = z.object({
  id: z.uuid(),
  status: taskStatusSchema,
  reasons: z.array(reasonSchema).min(1).describe('What weighs most comes first.'),
  ahead: z.int().nullable().describe('Tasks of its kind that go first, while it is pending.'),
});

export type Explanation = z.infer<typeof explanationSchema>;
export type ExplanationReason = z.infer<typeof reasonSchema>;
