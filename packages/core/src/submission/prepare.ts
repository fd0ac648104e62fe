import {
  CODE_RUN,
  findRuleFaults,
  LIMITS,
  MayflyError,
  NO_RETRY,
  type CodeRunParams,
  type FieldError,
  type JsonValue,
  type RetryPolicy,
  type submissionSchema,
} from '@mayfly/contracts';
import type { z } from 'zod';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { QueueCatalog } from '../catalog/queue-catalog.ts';
import type { RuntimeCatalog } from '../catalog/runtime-catalog.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import type { NewTask } from '../task/new-task.ts';
import { newTaskId, type RetentionClass } from '../task/task-id.ts';
import { findWebhookFaults } from '../webhooks/check-webhook.ts';
import type { WebhookSettings } from '../webhooks/webhook-sender.ts';

/** A submission after its schema: every default is filled in. */
export type CheckedSubmission = z.output<typeof submissionSchema>;

export interface Catalogs {
  lanes: LaneCatalog;
  types: TypeCatalog;
  runtimes: RuntimeCatalog;
  controls: QueueCatalog;
}

/** Checks what a schema cannot, and turns a submission into a task to be stored. */
export class Preparer {
  readonly #catalogs: Catalogs;
  readonly #ttlMsMax: number;
  readonly #webhooks: WebhookSettings | null;

  constructor(catalogs: Catalogs, ttlMsMax: number, webhooks: WebhookSettings | null) {
    this.#webhooks = webhooks;
    this.#catalogs = catalogs;
    this.#ttlMsMax = ttlMsMax;
  }

  /**
   * @param pointer JSON pointer of the submission in the body, empty for the body itself
   * @throws MayflyError `request.invalid`, `task.unknown_type`, `task.unknown_runtime`,
   *   `task.invalid_params` or `task.too_many_lanes`
   */
  async prepare(submission: CheckedSubmission, owner: string, pointer: string): Promise<NewTask> {
    rejectFields(this.#checkTimes(submission), pointer);
    const params = (submission.params ?? {}) as JsonValue;
    const runtime = await this.checkParams(submission.type, params, `${pointer}/params`, pointer);
    const keyed = submission.concurrencyKey !== null;
    const wanted = { queue: submission.queue, type: submission.type, runtime, keyed };
    const lane = this.#catalogs.lanes.find(wanted) ?? (await this.#catalogs.lanes.ensure(wanted));
    return this.toNewTask(submission, lane.id, owner);
  }

  /** The task to be stored, from a submission that was checked. */
  toNewTask(submission: CheckedSubmission, laneId: number, owner: string): NewTask {
    const retentionClass = this.#catalogs.controls.retentionClass(submission.queue);
    return toNewTask(submission, { laneId, owner, retentionClass });
  }

  /** Checks params against their type. @returns the runtime that the lane needs, or '' */
  async checkParams(
    type: string,
    params: JsonValue,
    pointer: string,
    typePointer: string,
  ): Promise<string> {
    const { types } = this.#catalogs;
    if (!types.check(type)) await types.lookUp(type);
    const check = types.check(type);
    if (!check) throw unknownType(type, types, typePointer);
    const errors = check(params);
    if (errors.length > 0) throw invalidParams(type, errors, pointer);
    const faults = findRuleFaults(type, params);
    if (faults.length > 0) throw invalidParams(type, faults, pointer);
    if (type !== CODE_RUN) return '';
    return this.#resolveRuntime((params as unknown as CodeRunParams).runtime, pointer);
  }

  /** Bounds that the operator may set, and fields that exclude each other. */
  checkTtl(ttlMs: number): FieldError[] {
    if (ttlMs <= this.#ttlMsMax) return [];
    return [{ pointer: '/ttlMs', detail: `must be at most ${this.#ttlMsMax}` }];
  }

  #checkTimes(submission: CheckedSubmission): FieldError[] {
    const errors = this.checkTtl(submission.ttlMs);
    if (submission.runAt !== undefined && submission.delayMs !== undefined) {
      errors.push({ pointer: '/delayMs', detail: 'give either runAt or delayMs' });
    }
    if (submission.graceMs > submission.ttlMs) {
      errors.push({ pointer: '/graceMs', detail: 'must not be longer than ttlMs' });
    }
    if (submission.webhook) errors.push(...findWebhookFaults(submission.webhook, this.#webhooks));
    return [...errors, ...checkLabels(submission.labels)];
  }

  async #resolveRuntime(name: string, pointer: string): Promise<string> {
    const found = await this.#catalogs.runtimes.find(name);
    if (found) return found.name;
    const offered = (await this.#catalogs.runtimes.list()).map((runtime) => runtime.name);
    const known = [...new Set(offered)];
    throw new MayflyError(
      'task.unknown_runtime',
      known.length > 0
        ? `No worker offers the runtime ${quote(name)}. Use one of: ${known.join(', ')}.`
        : `No worker offers the runtime ${quote(name)}: no worker with a sandbox is connected. ` +
            'Start one with `mayfly worker`, and see `mayfly doctor` when its sandbox is missing.',
      {
        errors: [{ pointer: `${pointer}/runtime`, detail: 'is not offered by any worker' }],
        extra: { knownRuntimes: known },
      },
    );
  }
}

function toNewTask(
  submission: CheckedSubmission,
  {
    laneId,
    owner,
    retentionClass,
  }: { laneId: number; owner: string; retentionClass: RetentionClass },
): NewTask {
  return {
    id: newTaskId(retentionClass),
    laneId,
    priority: submission.priority,
    ttlMs: submission.ttlMs,
    graceMs: submission.graceMs,
    queueTtlMs: submission.queueTtlMs,
    totalTtlMs: submission.totalTtlMs,
    runAt: submission.runAt === undefined ? null : new Date(submission.runAt),
    delayMs: submission.delayMs ? submission.delayMs : null,
    owner,
    description: submission.description,
    labels: submission.labels,
    retry: meaningful(submission.retry),
    concurrencyKey: submission.concurrencyKey,
    webhook: submission.webhook ?? null,
    after: submission.after,
    afterPolicy: submission.afterPolicy,
    paramsJson: JSON.stringify(submission.params ?? {}),
  };
}

export function checkLabels(labels: Record<string, string>): FieldError[] {
  if (Object.keys(labels).length <= LIMITS.labelsMax) return [];
  return [{ pointer: '/labels', detail: `must not have more than ${LIMITS.labelsMax} entries` }];
}

/** Throws `request.invalid` for a list of broken fields that is not empty. */
export function rejectFields(errors: FieldError[], pointer = ''): void {
  if (errors.length === 0) return;
  const placed = errors.map((error) => ({ ...error, pointer: pointer + error.pointer }));
  const sentence = placed.map((error) => `${error.pointer} ${error.detail}`).join('; ');
  throw new MayflyError('request.invalid', `Mend these fields: ${sentence}.`, { errors: placed });
}

function invalidParams(type: string, errors: FieldError[], pointer: string): MayflyError {
  const placed = errors.map((error) => ({ ...error, pointer: pointer + error.pointer }));
  const sentence = placed.map((error) => `${error.pointer} ${error.detail}`).join('; ');
  return new MayflyError(
    'task.invalid_params',
    `The params of ${type} are not valid: ${sentence}.`,
    {
      errors: placed,
    },
  );
}

function unknownType(type: string, types: TypeCatalog, pointer: string): MayflyError {
  const known = types.list().map((entry) => entry.name);
  return new MayflyError(
    'task.unknown_type',
    `No worker has declared the type ${quote(type)}. Use one of: ${known.join(', ')}.`,
    {
      errors: [{ pointer: `${pointer}/type`, detail: 'is not a known task type' }],
      extra: { knownTypes: known },
    },
  );
}

function meaningful(retry: RetryPolicy | undefined): RetryPolicy | null {
  return retry && retry.maxAttempts > NO_RETRY.maxAttempts ? retry : null;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
