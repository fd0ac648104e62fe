import type { Clock, Log } from '@mayfly/contracts';
import type { ReleasedTask, Store } from '../ports/store.ts';
import type { TaskFeed } from './task-feed.ts';
import { toEvent } from './to-event.ts';

interface Parts {
  store: Store;
  feed: TaskFeed;
  clock: Clock;
  log: Log;
  onReady(laneIds: Iterable<number>): void;
}

/** Hands out and publishes tasks that waited for others, when those have ended. */
export function announceReleased(parts: Parts): void {
  parts.store.releases.onReleased((tasks) => {
    const ready = tasks.filter((task) => task.status === 'pending');
    if (ready.length > 0) parts.onReady(new Set(ready.map((task) => task.laneId)));
    if (parts.feed.isWatched) void publish(parts, tasks);
  });
}

async function publish(
  { store, feed, clock, log }: Parts,
  released: ReleasedTask[],
): Promise<void> {
  try {
    const ids = released.map((task) => task.taskId);
    const tasks = await store.reader.getMany(ids, { owner: null });
    const at = new Date(clock.now()).toISOString();
    feed.publish(
      tasks.map((task) => ({ taskId: task.id, task })),
      ({ task }) => toEvent(task, at),
    );
  } catch (error) {
    // Who waits for news looks into the store now and then as well.
    log.debug({ error }, 'released tasks could not be published');
  }
}
