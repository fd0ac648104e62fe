export {
  defineHandler,
  isHandler,
  type Handler,
  type HandlerContext,
  type HandlerDefinition,
  type HandlerIsolation,
} from './handler/handler.ts';
export { loadHandlers } from './handler/load-handlers.ts';
export { toOperation } from './handler/to-operation.ts';
export { HandlerError } from './isolation/job-error.ts';
export {
  type Isolation,
  type Job,
  type JobEnd,
  type JobEvents,
  type KillReason,
  type RunningJob,
} from './isolation/isolation.ts';
export { type CleanUp } from './isolation/stop-hooks.ts';
export { killOrphans } from './isolation/kill-tree.ts';
export { createBuiltInOperations, type BuiltInSettings } from './operations/built-in.ts';
export { guardedLookup, isPrivateLiteral } from './operations/address-guard.ts';
export { createCodeOperation } from './operations/code-run.ts';
export { createGrpcSource, type GrpcSourceOptions } from './source/grpc-source.ts';
export { type SourceListener, type SourceSession, type TaskSource } from './source/task-source.ts';
export { type Operation } from './worker/attempt-board.ts';
export { Worker, type WorkerOptions } from './worker/worker.ts';
export { createOperations, type OperationSet } from './start/operation-set.ts';
export { openCodeSandbox, type CodeSandbox } from './start/code-sandbox.ts';
export {
  defaultConcurrency,
  startWorker,
  type RunningWorker,
  type StartWorkerOptions,
} from './start/start-worker.ts';
export { openServerSource, type ServerAddress } from './source/server-source.ts';
