import type { TaskEvent, TaskStatus } from '@mayfly/contracts';
import type { CallOptions } from '../http/call.ts';
import { readEvents } from '../http/event-stream.ts';
import type { Transport } from '../http/transport.ts';

/** Which status changes to see. */
export interface WatchOptions extends CallOptions {
  status?: TaskStatus[] | undefined;
  type?: string | undefined;
  queue?: string | undefined;
}

export type WatchEvent =
  | { kind: 'task'; task: TaskEvent }
  /** Changes were not seen: so many, or null when the connection was cut. Look with `list`. */
  | { kind: 'missed'; count: number | null };

/** Yields status changes as they happen, for as long as the consumer stays. */
export async function* watchTasks(
  transport: Transport,
  { status, type, queue, signal }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const call = { path: '/api/tasks/stream', query: { status, type, queue }, signal };
  for await (const event of readEvents(transport, call)) {
    if (event === null) yield { kind: 'missed', count: null };
    else if (event.name === 'task') yield { kind: 'task', task: event.data as TaskEvent };
    else if (event.name === 'missed') {
      yield { kind: 'missed', count: (event.data as { count: number }).count };
    }
  }
}
