import { bytesToJson, isFinal, sleep, type OutputStream } from '@mayfly/contracts';
import type { OutputChunkView, OutputPosition, Principal } from '@mayfly/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EventStream } from '../event-stream.ts';
import type { HttpParts } from '../http-parts.ts';
import { answerOf, schemaOf } from '../validation.ts';
import { News } from '../wait-for-end.ts';
import { answers, idParamsSchema, noQuerySchema } from './route-parts.ts';

/** What one look into the store brings at most. */
const READ_BYTES = 1024 * 1024;

/** Output that another server stores does not wake us; then we find it by looking this often. */
const LOOK_EVERY_MS = 250;

const textOrBytes = z.union([z.string(), z.object({ base64: z.string() })]);

const outputSchema = z.object({
  id: z.uuid(),
  status: z.string(),
  attempt: z.int(),
  stdout: textOrBytes,
  stderr: textOrBytes,
  log: textOrBytes.describe('Lines that a handler has logged.'),
});

const outputQuerySchema = noQuerySchema.extend({
  follow: z
    .enum(['0', '1', 'false', 'true'])
    .default('0')
    .describe('1: server-sent events `output`, `status` and `end`, until the task has finished.'),
  attempt: z.int().min(1).optional().describe('Which attempt; the last one when left out.'),
});

interface OutputRequest {
  Params: { id: string };
  Querystring: { follow: string; attempt?: number };
}

/** What running programs and handlers print. */
export function addOutputRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get<OutputRequest>(
    '/api/tasks/:id/output',
    {
      config: { access: ['tasks:read', 'tasks:read:all'] },
      schema: {
        tags: ['tasks'],
        summary: 'Read what a task has printed so far, or follow it live',
        params: schemaOf(idParamsSchema),
        querystring: schemaOf(outputQuerySchema),
        response: answers({ 200: answerOf(outputSchema) }),
      },
    },
    async (request, reply) => {
      const { follow, attempt } = request.query;
      const { id } = request.params;
      // Before the answer begins, so that an unknown task is a 404 and no broken stream.
      const task = await parts.core.queries.get(request.principal, id);
      if (follow === '0' || follow === 'false') {
        return readAll(parts, task.id, task.status, attempt ?? Math.max(1, task.attempt));
      }
      const stream = new EventStream(reply, parts.clock, parts.closing);
      const from = resumeAfter(request.headers['last-event-id']) ?? {
        attempt: attempt ?? 1,
        seq: 0,
      };
      await followOutput(parts, request.principal, id, { stream, from });
      return reply;
    },
  );
}

async function readAll(
  { store }: HttpParts,
  id: string,
  status: string,
  attempt: number,
): Promise<object> {
  const collected: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [], log: [] };
  for (let seq = 0; ;) {
    const chunks = await store.reader.output(id, { attempt, seq }, READ_BYTES);
    const own = chunks.filter((chunk) => chunk.attempt === attempt);
    for (const chunk of own) collected[chunk.stream].push(chunk.data);
    const last = own.at(-1);
    if (!last || own.length < chunks.length) break;
    seq = last.seq + 1;
  }
  return {
    id,
    status,
    attempt,
    stdout: bytesToJson(Buffer.concat(collected.stdout)),
    stderr: bytesToJson(Buffer.concat(collected.stderr)),
    log: bytesToJson(Buffer.concat(collected.log)),
  };
}

async function followOutput(
  { core, store, clock }: HttpParts,
  principal: Principal,
  id: string,
  { stream, from }: { stream: EventStream; from: OutputPosition },
): Promise<void> {
  const news = new News();
  const unwatch = core.feed.watch(id, () => news.arrive());
  stream.closed.addEventListener('abort', () => news.arrive());
  let position = from;
  let shown = '';
  try {
    while (!stream.closed.aborted) {
      // The status first: output that comes after a final status cannot be.
      const task = await core.queries.get(principal, id);
      const chunks = await store.reader.output(id, position, READ_BYTES);
      for (const chunk of chunks) await stream.send('output', toEvent(chunk), positionId(chunk));
      const last = chunks.at(-1);
      if (last) position = { attempt: last.attempt, seq: last.seq + 1 };
      const { status, attempt, progress, error } = task;
      if (!last && isFinal(status)) {
        await stream.send('end', { id, status, attempt, error });
        break;
      }
      const news_ = JSON.stringify([status, attempt, progress]);
      if (news_ !== shown) await stream.send('status', { id, status, attempt, progress });
      shown = news_;
      if (!last) await Promise.race([news.next(), sleep(clock, LOOK_EVERY_MS)]);
    }
  } finally {
    unwatch();
    stream.end();
  }
}

function toEvent({ attempt, seq, stream, data, at }: OutputChunkView): object {
  const content = bytesToJson(data);
  const text = typeof content === 'string' ? { text: content } : content;
  return { attempt, seq, stream, ...text, at: at.toISOString() };
}

function positionId({ attempt, seq }: OutputPosition): string {
  return `${attempt}:${seq}`;
}

/** A client that was cut off says which event it has seen last. */
function resumeAfter(header: string | string[] | undefined): OutputPosition | undefined {
  const match = typeof header === 'string' ? /^(\d{1,9}):(\d{1,9})$/.exec(header) : null;
  return match ? { attempt: Number(match[1]), seq: Number(match[2]) + 1 } : undefined;
}
