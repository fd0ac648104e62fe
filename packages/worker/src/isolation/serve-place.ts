import { loadHandlers } from '../handler/load-handlers.ts';
import type { Handler } from '../handler/handler.ts';
import type { Job } from './isolation.ts';
import { createContext } from './inline.ts';
import { toThrewEnd } from './job-error.ts';
import { asJson, type Place, type PlaceSettings, type ToPlace } from './messages.ts';

/** The inside of a thread or process: loads one handler, then runs its jobs one after the other. */
export async function servePlace(place: Place, settings: PlaceSettings): Promise<void> {
  const handlers = await loadHandlers(settings.module);
  const handler = handlers.find((candidate) => candidate.taskType.name === settings.type);
  if (!handler) throw new Error(`${settings.module} exports no handler of ${settings.type}`);
  let stop = new AbortController();
  place.onMessage((message: ToPlace) => {
    if (message.kind === 'abort') {
      stop.abort();
      return;
    }
    stop = new AbortController();
    void run(place, handler, message.job, stop.signal);
  });
  place.post({ kind: 'ready' });
}

async function run(place: Place, handler: Handler, job: Job, signal: AbortSignal): Promise<void> {
  const context = createContext(job, signal, {
    output: (_stream, data) => place.post({ kind: 'log', text: Buffer.from(data).toString() }),
    progress: (percent) => place.post({ kind: 'progress', percent }),
  });
  try {
    const result = asJson(await handler.call(job.params, context));
    place.post({ kind: 'end', end: { kind: 'returned', result } });
  } catch (error) {
    place.post({ kind: 'end', end: signal.aborted ? { kind: 'stopped' } : toThrewEnd(error) });
  }
}
