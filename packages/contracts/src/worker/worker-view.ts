import { z } from 'zod';
import { runtimeInfoSchema, sandboxInfoSchema } from '../code-run/runtime.ts';

export const WORKER_STATES = ['online', 'draining', 'offline', 'lost'] as const;

export type WorkerState = (typeof WORKER_STATES)[number];

/** One worker as `GET /api/workers` shows it. */
export const workerViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  state: z.enum(WORKER_STATES),
  concurrency: z.int(),
  running: z.int(),
  stuck: z.int().describe('Attempts that are over while their code runs on, and keeps its place.'),
  queues: z.array(z.string()),
  types: z.array(z.string()),
  runtimes: z.array(runtimeInfoSchema),
  sandbox: sandboxInfoSchema.nullable(),
  registeredAt: z.iso.datetime(),
  leaseUntil: z.iso.datetime(),
});

export type WorkerView = z.infer<typeof workerViewSchema>;
