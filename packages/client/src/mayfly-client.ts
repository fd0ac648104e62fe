import type {
  Attempt,
  Explanation,
  RuntimeInfo,
  Submission,
  Task,
  TaskChange,
  TaskPage,
  TaskResultView,
  TaskSelection,
  TaskStatusView,
  TaskType,
  WebhookDelivery,
  WorkerView,
} from '@mayfly/contracts';
import type { ActionCount, Health, ListQuery, ServerInfo, Stats, TaskOutput } from './answers.ts';
import { ApiKeys } from './api-keys.ts';
import { changing, reading, type Call, type CallOptions } from './http/call.ts';
import { Transport } from './http/transport.ts';
import type { ClientSettings } from './options.ts';
import { Queues } from './queues.ts';
import { Schedules } from './schedules.ts';
import { followOutput, type FollowOptions, type OutputEvent } from './tasks/follow-output.ts';
import { listAll } from './tasks/list-all.ts';
import { waitForEnd, type WaitOptions } from './tasks/wait-for-end.ts';
import { watchTasks, type WatchEvent, type WatchOptions } from './tasks/watch-tasks.ts';

export interface SubmitOptions extends CallOptions {
  /** A repeat of this key within a day gets the task of the first; so it is safe to try again. */
  idempotencyKey?: string | undefined;
}

/**
 * One Mayfly server. Every method rejects with a `MayflyError` when the server refuses or cannot be
 * reached, and with the reason of its signal when that aborts.
 */
export class MayflyClient {
  readonly apiKeys: ApiKeys;
  readonly queues: Queues;
  readonly schedules: Schedules;
  readonly #transport: Transport;

  constructor(settings: ClientSettings) {
    this.#transport = new Transport(settings);
    this.apiKeys = new ApiKeys(this.#transport);
    this.queues = new Queues(this.#transport);
    this.schedules = new Schedules(this.#transport);
  }

  /** Submits a task. When this resolves, the task is stored and will not be lost. */
  submit(submission: Submission, options: SubmitOptions = {}): Promise<Task> {
    return this.#transport.json(submitting('/api/tasks', submission, options));
  }

  /** Submits up to 10 000 tasks, all or none, and gives them in the same order. */
  async submitBatch(submissions: Submission[], options: SubmitOptions = {}): Promise<Task[]> {
    const call = submitting('/api/tasks/batch', { tasks: submissions }, options);
    return (await this.#transport.json<{ tasks: Task[] }>(call)).tasks;
  }

  /** The whole task. @throws MayflyError `task.not_found` */
  get(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#transport.json(reading(pathOf(id), undefined, options));
  }

  /** The part of a task that changes, which is small. */
  status(id: string, options: CallOptions = {}): Promise<TaskStatusView> {
    return this.#transport.json(reading(pathOf(id, '/status'), undefined, options));
  }

  /** @throws MayflyError `task.not_finished` while it runs or waits */
  result(id: string, options: CallOptions = {}): Promise<TaskResultView> {
    return this.#transport.json(reading(pathOf(id, '/result'), undefined, options));
  }

  /** Every attempt, with the record of how it was stopped. */
  attempts(id: string, options: CallOptions = {}): Promise<Attempt[]> {
    return this.#items(pathOf(id, '/attempts'), options);
  }

  /** Why it waits, what it does, or why it ended so. */
  explain(id: string, options: CallOptions = {}): Promise<Explanation> {
    return this.#transport.json(reading(pathOf(id, '/explain'), undefined, options));
  }

  /** What was told, or is to be told, of the ends of a task with a webhook. */
  webhooks(id: string, options: CallOptions = {}): Promise<WebhookDelivery[]> {
    return this.#items(pathOf(id, '/webhooks'), options);
  }

  /** One page, newest first. */
  list(query: ListQuery = {}, options: CallOptions = {}): Promise<TaskPage> {
    return this.#transport.json(reading('/api/tasks', { ...query }, options));
  }

  /** Every task that matches, newest first, read page by page as it is consumed. */
  listAll(query: ListQuery = {}, options: CallOptions = {}): AsyncIterable<Task> {
    return listAll((page) => this.list(page, options), query);
  }

  /**
   * Waits until the task has finished, also while the server is away for a moment, and gives it.
   *
   * @throws MayflyError `task.not_finished` after `timeoutMs`
   */
  wait(id: string, options: WaitOptions = {}): Promise<Task> {
    return waitForEnd(this.#transport, pathOf(id), options);
  }

  /** What an attempt, the last one unless told otherwise, has printed so far. */
  output(id: string, options: FollowOptions = {}): Promise<TaskOutput> {
    const { attempt } = options;
    return this.#transport.json(reading(pathOf(id, '/output'), { attempt }, options));
  }

  /** What the task prints, live and from the beginning, until it has finished. */
  followOutput(id: string, options: FollowOptions = {}): AsyncIterable<OutputEvent> {
    return followOutput(this.#transport, pathOf(id, '/output'), options);
  }

  /** Status changes of all tasks that this key may see, as they happen. */
  watch(options: WatchOptions = {}): AsyncIterable<WatchEvent> {
    return watchTasks(this.#transport, options);
  }

  /**
   * Cancels a task. One that runs is told to stop, and stays `running` until its death is confirmed.
   *
   * @throws MayflyError `task.already_finished`
   */
  cancel(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#transport.json(changing('POST', pathOf(id, '/cancel'), undefined, options));
  }

  /** Runs a finished task again. @throws MayflyError `task.not_retryable` */
  retry(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#transport.json(changing('POST', pathOf(id, '/retry'), undefined, options));
  }

  /** Cancels many, by ids or by filter. */
  cancelMany(selection: TaskSelection, options: CallOptions = {}): Promise<ActionCount> {
    return this.#transport.json(changing('POST', '/api/tasks/cancel', selection, options));
  }

  /** Runs many again, by ids or by filter. */
  retryMany(selection: TaskSelection, options: CallOptions = {}): Promise<ActionCount> {
    return this.#transport.json(changing('POST', '/api/tasks/retry', selection, options));
  }

  /** Changes a task while it waits; `ttlMs` also while it runs. */
  change(id: string, change: TaskChange, options: CallOptions = {}): Promise<Task> {
    return this.#transport.json(changing('PATCH', pathOf(id), change, options));
  }

  /** Deletes a finished task. @throws MayflyError `task.not_finished` */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json(changing('DELETE', pathOf(id), undefined, options));
  }

  /** Task types with the JSON Schema of their params. */
  taskTypes(options: CallOptions = {}): Promise<TaskType[]> {
    return this.#items('/api/task-types', options);
  }

  /** Languages that can run now. */
  runtimes(options: CallOptions = {}): Promise<RuntimeInfo[]> {
    return this.#items('/api/runtimes', options);
  }

  /** The workers and what they do. */
  workers(options: CallOptions = {}): Promise<WorkerView[]> {
    return this.#items('/api/workers', options);
  }

  /** Asks a worker to finish what it has and to end. @throws MayflyError `worker.not_found` */
  async drainWorker(id: string, options: CallOptions = {}): Promise<void> {
    const path = `/api/workers/${encodeURIComponent(id)}/drain`;
    await this.#transport.json(changing('POST', path, undefined, options));
  }

  /** Counts of tasks and workers. */
  stats(options: CallOptions = {}): Promise<Stats> {
    return this.#transport.json(reading('/api/stats', undefined, options));
  }

  /** Version of the server, and where workers find gRPC. */
  info(options: CallOptions = {}): Promise<ServerInfo> {
    return this.#transport.json(reading('/api/info', undefined, options));
  }

  /** Resolves when the server can take tasks. Needs no key. */
  health(options: CallOptions = {}): Promise<Health> {
    return this.#transport.json(reading('/readyz', undefined, options));
  }

  async #items<T>(path: string, options: CallOptions): Promise<T[]> {
    return (await this.#transport.json<{ items: T[] }>(reading(path, undefined, options))).items;
  }
}

function pathOf(id: string, rest = ''): string {
  return `/api/tasks/${encodeURIComponent(id)}${rest}`;
}

function submitting(path: string, body: unknown, options: SubmitOptions): Call {
  const { idempotencyKey } = options;
  const call = changing('POST', path, body, options);
  if (idempotencyKey === undefined) return call;
  return { ...call, repeatable: true, headers: { 'idempotency-key': idempotencyKey } };
}
