import { hasClaim, taskStatusSchema, type TaskEvent } from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EventStream } from '../event-stream.ts';
import type { HttpParts } from '../http-parts.ts';
import { OwnEvents } from '../own-events.ts';
import { schemaOf } from '../validation.ts';
import { answers, noQuerySchema } from './route-parts.ts';

/** Events that wait for a slow reader; beyond it the reader is told that it missed some. */
const BACKLOG_MAX = 10_000;

const streamQuerySchema = noQuerySchema.extend({
  status: z.array(taskStatusSchema).min(1).optional(),
  type: z.string().max(100).optional(),
  queue: z.string().max(100).optional(),
});

type StreamQuery = z.infer<typeof streamQuerySchema>;

/** `GET /api/tasks/stream`: status changes as they happen on this server. */
export function addStreamRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get<{ Querystring: StreamQuery }>(
    '/api/tasks/stream',
    {
      config: { access: ['tasks:read', 'tasks:read:all'] },
      schema: {
        tags: ['tasks'],
        summary: 'Follow status changes of tasks as server-sent events',
        querystring: schemaOf(streamQuerySchema),
        response: answers({
          200: { type: 'string', description: 'Events `task` with a status change each.' },
        }),
      },
    },
    async (request, reply) => {
      const { principal, query } = request;
      const seesAll = hasClaim(principal.claims, 'tasks:read:all');
      const own = seesAll ? null : new OwnEvents(parts.store.reader, principal.id);
      const stream = new EventStream(reply, parts.clock, parts.closing);
      await pump(parts, stream, query, own);
      return reply;
    },
  );
}

async function pump(
  { core }: HttpParts,
  stream: EventStream,
  query: StreamQuery,
  own: OwnEvents | null,
): Promise<void> {
  let backlog: TaskEvent[] = [];
  let missed = 0;
  let wake = (): void => undefined;
  const unsubscribe = core.feed.subscribe((event) => {
    if (!matches(event, query)) return;
    if (backlog.length < BACKLOG_MAX) backlog.push(event);
    else missed++;
    wake();
  });
  stream.closed.addEventListener('abort', () => wake());
  try {
    while (!stream.closed.aborted) {
      if (backlog.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const events = backlog;
      backlog = [];
      for (const event of own ? await own.filter(events) : events) await stream.send('task', event);
      if (missed > 0) await stream.send('missed', { count: missed });
      missed = 0;
    }
  } finally {
    unsubscribe();
    stream.end();
  }
}

function matches(event: TaskEvent, { status, type, queue }: StreamQuery): boolean {
  return (
    (status === undefined || status.includes(event.status)) &&
    (type === undefined || event.type === type) &&
    (queue === undefined || event.queue === queue)
  );
}
