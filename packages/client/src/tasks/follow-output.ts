import {
  jsonToBytes,
  type OutputStream,
  type TaskError,
  type TaskStatus,
  type TextOrBytes,
} from '@mayfly/contracts';
import type { CallOptions } from '../http/call.ts';
import { readEvents } from '../http/event-stream.ts';
import type { Transport } from '../http/transport.ts';

/** What a task prints and does, while it does. */
export type OutputEvent =
  | {
      kind: 'output';
      attempt: number;
      /** Counts the pieces of an attempt, from 0. */
      seq: number;
      stream: OutputStream;
      /** Bytes as they were printed; a piece may end in the middle of a character. */
      data: Uint8Array;
      at: string;
    }
  | { kind: 'status'; status: TaskStatus; attempt: number; progress: number | null }
  /** The last event: the task has finished. */
  | { kind: 'end'; status: TaskStatus; attempt: number; error: TaskError | null };

export interface FollowOptions extends CallOptions {
  /** Begin with this attempt; with the first when left out. */
  attempt?: number | undefined;
}

/** Yields each piece of output once, also across lost connections, until the task has finished. */
export async function* followOutput(
  transport: Transport,
  path: string,
  { attempt, signal }: FollowOptions,
): AsyncGenerator<OutputEvent> {
  const call = { path, query: { follow: 1, attempt }, signal };
  for await (const event of readEvents(transport, call)) {
    const known = event && toOutputEvent(event.name, event.data);
    if (!known) continue;
    yield known;
    if (known.kind === 'end') return;
  }
}

type OutputData = { text: string } | { base64: string };
type Sent<Kind extends OutputEvent['kind']> = Omit<Extract<OutputEvent, { kind: Kind }>, 'kind'>;

/** Undefined for an event of a newer server. */
function toOutputEvent(name: string, data: unknown): OutputEvent | undefined {
  switch (name) {
    case 'output': {
      const { attempt, seq, stream, at, ...content } = data as Sent<'output'> & OutputData;
      return { kind: 'output', attempt, seq, stream, at, data: jsonToBytes(toContent(content)) };
    }
    case 'status': {
      const { status, attempt, progress } = data as Sent<'status'>;
      return { kind: 'status', status, attempt, progress };
    }
    case 'end': {
      const { status, attempt, error } = data as Sent<'end'>;
      return { kind: 'end', status, attempt, error };
    }
    default:
      return undefined;
  }
}

function toContent(content: OutputData): TextOrBytes {
  return 'text' in content ? content.text : { base64: content.base64 };
}
