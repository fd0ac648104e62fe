import {
  LIMITS,
  MayflyError,
  type FieldError,
  type Schedule,
  type scheduleChangeSchema,
  type scheduleCreationSchema,
  type ScheduleRun,
  type scheduledTaskSchema,
  type SchedulePage,
  type Task,
} from '@mayfly/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { Scope } from '../ports/control-store.ts';
import type {
  NewSchedule,
  ScheduleSettings,
  ScheduleStore,
  StoredSchedule,
} from '../ports/schedule-store.ts';
import type { TaskReader } from '../ports/task-reader.ts';
import { rejectFields, type Preparer } from '../submission/prepare.ts';
import { readScope, writeScope, type Principal } from '../submission/principal.ts';
import type { NewTask } from '../task/new-task.ts';
import { decodeCursor, encodeCursor } from '../tasks/cursor.ts';
import { findTimingFaults, slotsAfter, type Timing } from './timing.ts';

type Creation = z.output<typeof scheduleCreationSchema>;
type Change = z.output<typeof scheduleChangeSchema>;
export type ScheduledTask = z.output<typeof scheduledTaskSchema>;

interface Parts {
  store: ScheduleStore;
  reader: TaskReader;
  preparer: Preparer;
  /** Tasks have been stored. */
  onStored(tasks: NewTask[], createdAt: Date): void;
  /** Slots have moved. */
  onRescheduled(): void;
}

/** Somebody else changed it between our look and our act; this often we look again. */
const TRIES = 20;

/** Making, changing and reading schedules. What comes due is fired by the `ScheduleClock`. */
export class ScheduleService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @throws MayflyError `request.invalid`, `schedule.name_taken`, and what a submission of the task
   *   would throw
   */
  async create(principal: Principal, creation: Creation): Promise<Schedule> {
    const now = await this.#parts.store.now();
    const timing = toTiming(creation, now);
    const schedule: NewSchedule = {
      id: uuidv7(),
      owner: principal.id,
      name: creation.name,
      timing,
      catchUp: creation.catchUp,
      catchUpMax: creation.catchUpMax,
      overlap: creation.overlap,
      ...(await this.#checkTask(creation.task, principal.id)),
      paused: creation.paused,
      nextAt: creation.paused ? null : (slotsAfter(timing, now, 1)[0] ?? null),
    };
    if (!(await this.#parts.store.add(schedule))) throw nameTaken(creation.name);
    this.#parts.onRescheduled();
    return this.get(principal, schedule.id, LIMITS.nextRunsDefault, { owner: principal.id });
  }

  /** @throws MayflyError `schedule.not_found`, also for one of somebody else */
  async get(
    principal: Principal,
    id: string,
    nextRuns: number,
    scope: Scope = readScope(principal),
  ): Promise<Schedule> {
    const found = await this.#parts.store.get(id, scope);
    if (!found) throw notFound(id);
    return toView(found, nextRuns);
  }

  /** @throws MayflyError `request.bad_cursor` */
  async list(
    principal: Principal,
    page: { cursor: string | undefined; limit: number },
  ): Promise<SchedulePage> {
    const after = page.cursor === undefined ? null : decodeCursor(page.cursor);
    const scope = readScope(principal);
    const found = await this.#parts.store.list(scope, { after, limit: page.limit });
    const last = found.length === page.limit ? found.at(-1) : undefined;
    return {
      items: found.map((schedule) => toView(schedule, LIMITS.nextRunsDefault)),
      nextCursor: last ? encodeCursor(last.id) : null,
    };
  }

  /** The latest runs, newest first. @throws MayflyError `schedule.not_found` */
  async runs(principal: Principal, id: string, limit: number): Promise<ScheduleRun[]> {
    await this.get(principal, id, 0);
    return this.#parts.store.runs(id, limit);
  }

  /** @throws MayflyError as `create` does, and `schedule.not_found` */
  change(principal: Principal, id: string, change: Change): Promise<Schedule> {
    if (Object.keys(change).length === 0)
      rejectFields([{ pointer: '', detail: 'must name a field' }]);
    return this.#update(principal, id, async (before, now) => {
      const { name, cron, timeZone, everyMs, task, ...rest } = change;
      const isRetimed = cron !== undefined || timeZone !== undefined || everyMs !== undefined;
      const timing = isRetimed
        ? toTiming(
            { ...keptTiming(before.timing, change), ...given({ cron, timeZone, everyMs }) },
            now,
          )
        : before.timing;
      return {
        ...before,
        ...given(rest),
        ...(name === undefined ? {} : { name }),
        ...(task ? await this.#checkTask(task, before.owner) : {}),
        timing,
        isRetimed,
      };
    });
  }

  /** Stops firing. What comes due while it is paused is not made up for. */
  pause(principal: Principal, id: string): Promise<Schedule> {
    return this.#update(principal, id, (before) => ({ ...before, paused: true, isRetimed: true }));
  }

  resume(principal: Principal, id: string): Promise<Schedule> {
    return this.#update(principal, id, (before, now) => {
      const timing = before.paused ? restarted(before.timing, now) : before.timing;
      return { ...before, timing, paused: false, isRetimed: before.paused };
    });
  }

  /** Tasks that it has submitted stay. @throws MayflyError `schedule.not_found` */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#readToWrite(principal, id);
    await this.#parts.store.remove(id, writeScope(principal));
  }

  /** Submits its task now, out of turn, paused or not. @throws MayflyError `schedule.not_found` */
  async run(principal: Principal, id: string): Promise<Task> {
    const { taskJson, laneId, owner } = await this.#readToWrite(principal, id);
    const task = taskOf({ taskJson, laneId, owner }, this.#parts.preparer);
    const stored = await this.#parts.store.runNow(id, task);
    if (!stored) throw notFound(id);
    this.#parts.onStored([task], stored.createdAt);
    return (await this.#parts.reader.get(task.id, { owner: null })) as Task;
  }

  async #update(
    principal: Principal,
    id: string,
    edit: (before: StoredSchedule, now: Date) => Edited | Promise<Edited>,
  ): Promise<Schedule> {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = await this.#readToWrite(principal, id);
      const now = await this.#parts.store.now();
      const { isRetimed, ...after } = await edit(before, now);
      const next = after.paused ? null : (slotsAfter(after.timing, now, 1)[0] ?? null);
      const nextAt = isRetimed ? next : undefined;
      const saved = await this.#parts.store.save(id, before.revision, { ...after, nextAt });
      if (saved === 'name-taken') throw nameTaken(after.name);
      if (saved === 'changed') continue;
      this.#parts.onRescheduled();
      return this.get(principal, id, LIMITS.nextRunsDefault, { owner: before.owner });
    }
    throw new Error(`schedule ${id} kept changing while it was to be changed`);
  }

  /** Who may see a schedule of somebody else is told that it is not theirs to change. */
  async #readToWrite(principal: Principal, id: string): Promise<StoredSchedule> {
    const scope = writeScope(principal);
    const seen = scope.owner === null ? scope : readScope(principal);
    const found = await this.#parts.store.get(id, seen);
    if (!found) throw notFound(id);
    if (scope.owner === null || found.owner === scope.owner) return found;
    throw new MayflyError(
      'auth.missing_claim',
      'The schedule belongs to somebody else. Only its owner and admins can change it.',
    );
  }

  async #checkTask(
    task: ScheduledTask,
    owner: string,
  ): Promise<{ taskJson: string; laneId: number }> {
    const submission = { ...task, after: [], afterPolicy: 'cancel' as const };
    const { laneId } = await this.#parts.preparer.prepare(submission, owner, '/task');
    return { taskJson: JSON.stringify(task), laneId };
  }
}

interface Edited extends ScheduleSettings {
  isRetimed: boolean;
}

interface TimingFields {
  cron?: string | undefined;
  timeZone?: string | undefined;
  everyMs?: number | undefined;
}

/** A new task as the schedule wants it. */
export function taskOf(
  schedule: { taskJson: string; laneId: number; owner: string },
  preparer: Preparer,
): NewTask {
  const task = JSON.parse(schedule.taskJson) as ScheduledTask;
  const submission = { ...task, after: [], afterPolicy: 'cancel' as const };
  return preparer.toNewTask(submission, schedule.laneId, schedule.owner);
}

function toTiming({ cron, timeZone, everyMs }: TimingFields, now: Date): Timing {
  if (cron === undefined) {
    const faults: FieldError[] = [];
    if (everyMs === undefined) faults.push({ pointer: '/cron', detail: 'give cron or everyMs' });
    if (timeZone !== undefined) faults.push({ pointer: '/timeZone', detail: 'belongs to cron' });
    rejectFields(faults);
    return { kind: 'every', everyMs: everyMs as number, anchorAt: now };
  }
  if (everyMs !== undefined)
    rejectFields([{ pointer: '/everyMs', detail: 'give either cron or everyMs' }]);
  const zone = timeZone ?? 'UTC';
  rejectFields(findTimingFaults(cron, zone, now));
  return { kind: 'cron', cron, timeZone: zone };
}

/** What a change of the timing leaves standing. */
function keptTiming(timing: Timing, change: TimingFields): TimingFields {
  if (timing.kind !== 'cron' || change.everyMs !== undefined) return {};
  return { cron: timing.cron, timeZone: timing.timeZone };
}

function restarted(timing: Timing, now: Date): Timing {
  return timing.kind === 'every' ? { ...timing, anchorAt: now } : timing;
}

function given<Fields extends object>(
  fields: Fields,
): { [K in keyof Fields]?: NonNullable<Fields[K]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof Fields]?: NonNullable<Fields[K]> };
}

function toView(schedule: StoredSchedule, nextRuns: number): Schedule {
  const { timing, nextAt } = schedule;
  const slots =
    nextAt === null || nextRuns === 0 ? [] : [nextAt, ...slotsAfter(timing, nextAt, nextRuns - 1)];
  return {
    id: schedule.id,
    name: schedule.name,
    owner: schedule.owner,
    cron: timing.kind === 'cron' ? timing.cron : null,
    timeZone: timing.kind === 'cron' ? timing.timeZone : null,
    everyMs: timing.kind === 'every' ? timing.everyMs : null,
    catchUp: schedule.catchUp,
    catchUpMax: schedule.catchUpMax,
    overlap: schedule.overlap,
    paused: schedule.paused,
    task: JSON.parse(schedule.taskJson) as ScheduledTask,
    nextRuns: slots.map((slot) => slot.toISOString()),
    lastRun: schedule.lastRun,
    createdAt: schedule.createdAt.toISOString(),
    updatedAt: schedule.updatedAt.toISOString(),
  };
}

function notFound(id: string): MayflyError {
  return new MayflyError(
    'schedule.not_found',
    `There is no schedule ${id}, or it is not yours to see.`,
  );
}

function nameTaken(name: string): MayflyError {
  return new MayflyError(
    'schedule.name_taken',
    `You have a schedule named ${JSON.stringify(name)} already. Change that one, or take another name.`,
    { errors: [{ pointer: '/name', detail: 'is taken' }] },
  );
}
