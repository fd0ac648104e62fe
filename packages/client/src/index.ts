export type { ActionCount, Health, ListQuery, ServerInfo, Stats, TaskOutput } from './answers.ts';
export type { ApiKeys } from './api-keys.ts';
export { createClient } from './create-client.ts';
export type { CallOptions } from './http/call.ts';
export type { MayflyClient, SubmitOptions } from './mayfly-client.ts';
export type { ClientOptions } from './options.ts';
export type { Schedules } from './schedules.ts';
export type { FollowOptions, OutputEvent } from './tasks/follow-output.ts';
export type { Queues } from './queues.ts';
export type { WaitOptions } from './tasks/wait-for-end.ts';
export type { WatchEvent, WatchOptions } from './tasks/watch-tasks.ts';
export {
  bytesToJson,
  formatDuration,
  isFinal,
  jsonToBytes,
  MayflyError,
  parseDuration,
  type ApiKeyCreation,
  type ApiKeyView,
  type Attempt,
  type CodeRunParams,
  type CodeRunResult,
  type CreatedApiKey,
  type ErrorCode,
  type Explanation,
  type JsonValue,
  type QueueChange,
  type QueueView,
  type RateLimit,
  type RuntimeInfo,
  type Schedule,
  type ScheduleChange,
  type ScheduleCreation,
  type SchedulePage,
  type ScheduleRun,
  type Submission,
  type Task,
  type TaskChange,
  type TaskEvent,
  type TaskFilter,
  type TaskPage,
  type TaskResultView,
  type TaskSelection,
  type TaskStatus,
  type TaskStatusView,
  type TaskType,
  type TextOrBytes,
  type WebhookDelivery,
  type WorkerView,
} from '@mayfly/contracts';
