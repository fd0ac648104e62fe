import { z } from 'zod';
import { runtimeInfoSchema, sandboxInfoSchema } from '../code-run/runtime.ts';
import { LIMITS } from '../limits.ts';
import { queueNameSchema, typeNameSchema } from '../task/submission.ts';

/**
 * What stops a handler of this type. `inline`: an AbortSignal only, code that ignores it runs on.
 * `thread`: terminated. `process`: killed with its whole tree. `sandbox`: killed with everything
 * in its namespaces.
 */
export const ISOLATION_LEVELS = ['inline', 'thread', 'process', 'sandbox'] as const;

export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

export const taskTypeSchema = z.strictObject({
  name: typeNameSchema,
  description: z.string().max(LIMITS.descriptionCharsMax).default(''),
  paramsSchema: z
    .record(z.string(), z.json())
    .describe('JSON Schema of the params; checked at submission.'),
  isolation: z.enum(ISOLATION_LEVELS),
});

/** One kind of task, as a worker declares it and `GET /api/task-types` shows it. */
export type TaskType = z.infer<typeof taskTypeSchema>;

export const workerRegistrationSchema = z.strictObject({
  /** One run of one worker process; a new one for each start. */
  incarnation: z.uuid(),
  name: z.string().min(1).max(LIMITS.nameCharsMax),
  host: z.string().max(255),
  pid: z.int(),
  version: z.string().max(100),
  concurrency: z.int().min(1).max(LIMITS.workerConcurrencyMax),
  queues: z.array(queueNameSchema).max(LIMITS.queuesPerWorkerMax).describe('Empty: every queue.'),
  types: z.array(taskTypeSchema).min(1).max(LIMITS.typesPerWorkerMax),
  runtimes: z.array(runtimeInfoSchema).max(LIMITS.typesPerWorkerMax),
  sandbox: sandboxInfoSchema.nullable(),
});

export type WorkerRegistration = z.infer<typeof workerRegistrationSchema>;
