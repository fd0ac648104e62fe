export { Coalescer, type CoalescerOptions } from './batching/coalescer.ts';
export { createCore, type Core, type CoreOptions } from './core.ts';
export { newSchemaCompiler, toFieldErrors } from './catalog/json-schema.ts';
export { explain, type Snapshot } from './explain/explain.ts';
export { type Dispatcher } from './dispatch/dispatcher.ts';
export { Retention } from './keeper/retention.ts';
export { DEFAULT_LIFETIMES, type Lifetimes } from './dispatch/lifetimes.ts';
export { isCompletion } from './dispatch/settlement.ts';
export { type WorkerLink, type WorkerSession } from './dispatch/worker-session.ts';
export { type TaskFeed } from './live/task-feed.ts';
export * from './ports/control-store.ts';
export * from './ports/dispatch-store.ts';
export * from './ports/keeper-store.ts';
export * from './ports/key-store.ts';
export * from './ports/queue-store.ts';
export * from './ports/retention-store.ts';
export * from './ports/schedule-store.ts';
export * from './ports/store.ts';
export * from './ports/submission-store.ts';
export * from './ports/task-reader.ts';
export * from './ports/webhook-store.ts';
export * from './ports/worker-store.ts';
export { planClaim, type ClaimPlan, type KeyLoad, type QueueLoad } from './queues/claim-plan.ts';
export { ratesBetween } from './queues/rates-between.ts';
export { type ScheduleService } from './schedules/schedule-service.ts';
export { type Timing } from './schedules/timing.ts';
export { type CheckedSubmission } from './submission/prepare.ts';
export { readScope, writeScope, type Principal } from './submission/principal.ts';
export {
  type AttemptRef,
  type ClaimedAttempt,
  type HeldAttempt,
  type SessionRef,
} from './task/attempt.ts';
export { backoffMs } from './task/backoff.ts';
export { type NewTask } from './task/new-task.ts';
export { newTaskId } from './task/task-id.ts';
export { decideNextStep, type AttemptEnd, type NextStep } from './task/next-step.ts';
export { assertMove, canMove } from './task/state-machine.ts';
export { type ActionCount } from './tasks/task-control.ts';
export { signWebhook } from './webhooks/sign.ts';
export { type WebhookPost, type WebhookSettings } from './webhooks/webhook-sender.ts';
export { DueQueue } from './time/due-queue.ts';
