import type { Clock, Faults, Log } from '@mayfly/contracts';
import { LaneCatalog } from './catalog/lane-catalog.ts';
import { QueueCatalog } from './catalog/queue-catalog.ts';
import { RuntimeCatalog } from './catalog/runtime-catalog.ts';
import { TypeCatalog } from './catalog/type-catalog.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import type { Lifetimes } from './dispatch/lifetimes.ts';
import { Settler } from './dispatch/settler.ts';
import { Explainer } from './explain/explainer.ts';
import { Keeper } from './keeper/keeper.ts';
import { Retention } from './keeper/retention.ts';
import { ScheduleClock, type ScheduleEvents } from './keeper/schedule-clock.ts';
import { announceReleased } from './live/announce-released.ts';
import { TaskFeed } from './live/task-feed.ts';
import type { Store } from './ports/store.ts';
import { QueueService } from './queues/queue-service.ts';
import { RateMeter } from './queues/rate-meter.ts';
import { ScheduleService } from './schedules/schedule-service.ts';
import { Preparer } from './submission/prepare.ts';
import { SubmissionService } from './submission/submission-service.ts';
import { WebhookSender, type WebhookSettings } from './webhooks/webhook-sender.ts';
import { TaskControl } from './tasks/task-control.ts';
import { TaskQueries } from './tasks/task-queries.ts';

export interface CoreOptions {
  store: Store;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  /** The longest `ttlMs` that is accepted. */
  ttlMsMax: number;
  /** How long finished tasks are kept whose queue does not say. */
  retentionMs: number;
  /** Null or left out: tasks with webhooks are refused. */
  webhooks?: WebhookSettings | null;
  /** In [0, 1); for jitter. */
  random: () => number;
  /** What tests make go wrong. */
  faults?: Faults | undefined;
}

/** The rooms of core, wired to each other. */
export interface Core {
  lanes: LaneCatalog;
  types: TypeCatalog;
  runtimes: RuntimeCatalog;
  feed: TaskFeed;
  submissions: SubmissionService;
  queues: QueueService;
  meter: RateMeter;
  queries: TaskQueries;
  schedules: ScheduleService;
  control: TaskControl;
  explainer: Explainer;
  dispatcher: Dispatcher;
  keeper: Keeper;
  webhooks: WebhookSender;
  /** Hands out nothing more; what runs goes on. */
  drain(): void;
  close(): Promise<void>;
}

export async function createCore(options: CoreOptions): Promise<Core> {
  const { store, clock } = options;
  const lanes = new LaneCatalog(store.workers);
  const types = new TypeCatalog(store.workers, clock);
  const runtimes = new RuntimeCatalog(store.workers, clock);
  const controls = new QueueCatalog(store.queues, lanes);
  await Promise.all([lanes.refresh(), types.refresh()]);
  await controls.refresh();
  const meter = new RateMeter(options);
  const parts = { ...options, lanes, types, runtimes, controls, meter, feed: new TaskFeed() };

  // Submissions, dispatch and the keeper wake each other; these are the only ties between them.
  const onReady = (laneIds: Iterable<number>): void => {
    dispatcher.heat(laneIds);
    store.hints.ready.announce(laneIds);
  };
  // A place in a limited queue is free for any of its lanes.
  const onFreed = (laneId: number): void => {
    const laneIds = controls.freedBy(laneId);
    if (laneIds.length > 0) onReady(laneIds);
  };
  const onScheduled = (taskId: string, inMs: number): void => keeper.expectWakeUp(taskId, inMs);

  announceReleased({ ...parts, onReady });

  const settler = new Settler({
    ...parts,
    store: store.dispatch,
    events: { onReady, onScheduled, onEnded: onFreed },
  });
  const dispatcher = new Dispatcher({ ...parts, settler });
  const scheduleEvents = tieSchedules(
    () => ({ submissions, dispatcher, control }),
    () => onReady(lanes.ids()),
  );
  const preparer = new Preparer(parts, options.ttlMsMax, options.webhooks ?? null);
  const keeper = new Keeper({
    ...parts,
    settler,
    ...openClocks(options, preparer, scheduleEvents),
    onReady: () => onReady(lanes.ids()),
  });
  const submissions = new SubmissionService({
    ...parts,
    preparer,
    events: { onReady, onScheduled, onWaitLimit: (limit) => keeper.expectLimit(limit) },
  });
  const webhooks = new WebhookSender({ ...parts, settings: options.webhooks ?? null });
  const queries = new TaskQueries(store.reader, lanes);
  const control = new TaskControl({
    ...parts,
    store: store.control,
    queries,
    preparer,
    dispatcher,
    onRescheduled: () => keeper.reload(),
  });
  const explainer = new Explainer({ queries, ...store, clock });
  const schedules = openSchedules(store, preparer, scheduleEvents, keeper);
  return {
    ...parts,
    explainer,
    schedules,
    submissions,
    queues: new QueueService(store.queues, controls, { hint: store.hints.queues, meter }),
    queries,
    control,
    dispatcher,
    keeper,
    webhooks,
    drain: () => dispatcher.drain(),
    close: () => closeAll({ dispatcher, settler, keeper, webhooks, meter }),
  };
}

/** What the keeper sets going. */
function openClocks(
  options: CoreOptions,
  preparer: Preparer,
  events: ScheduleEvents,
): { retention: Retention; schedules: ScheduleClock } {
  const { store } = options;
  return {
    retention: new Retention({ ...options, store: store.retention }),
    schedules: new ScheduleClock({ ...options, store: store.schedules, preparer, events }),
  };
}

function openSchedules(
  store: Store,
  preparer: Preparer,
  events: ScheduleEvents,
  keeper: Keeper,
): ScheduleService {
  return new ScheduleService({
    store: store.schedules,
    reader: store.reader,
    preparer,
    onStored: (tasks, createdAt) => events.onStored(tasks, createdAt),
    onRescheduled: () => keeper.reload(),
  });
}

/** What firing a schedule sets going in the other rooms. */
function tieSchedules(
  rooms: () => Pick<Core, 'submissions' | 'dispatcher' | 'control'>,
  heatAll: () => void,
): ScheduleEvents {
  return {
    onStored: (tasks, createdAt) => rooms().submissions.announce(tasks, createdAt),
    onStopping: (tasks) => rooms().dispatcher.stop(tasks),
    onMoved(taskIds) {
      heatAll(); // Claims have passed by tasks that were being tied.
      void rooms().control.publish(taskIds);
    },
  };
}

async function closeAll({
  dispatcher,
  settler,
  keeper,
  webhooks,
  meter,
}: Pick<Core, 'dispatcher' | 'keeper' | 'webhooks' | 'meter'> & {
  settler: Settler;
}): Promise<void> {
  dispatcher.close();
  settler.close();
  await Promise.all([keeper.stop(), webhooks.stop(), meter.close()]);
}
