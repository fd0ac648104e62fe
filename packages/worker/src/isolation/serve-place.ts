import { loadHandlers } from '../handler/load-handlers.ts';
import type { Job } from './isolation.ts';
import { asJson, type Place, type PlaceSettings, type ToPlace } from './messages.ts';
import { runHandler, type HandlerRun } from './run-handler.ts';

/** The inside of a thread or process: loads one handler, then runs its jobs one after the other. */
export async function servePlace(place: Place, settings: PlaceSettings): Promise<void> {
  const handlers = await loadHandlers(settings.module);
  const handler = handlers.find((candidate) => candidate.taskType.name === settings.type);
  if (!handler) throw new Error(`${settings.module} exports no handler of ${settings.type}`);
  const start = (job: Job): HandlerRun =>
    runHandler(async (params, context) => asJson(await handler.call(params, context)), job, {
      output: (_stream, data) => place.post({ kind: 'log', text: Buffer.from(data).toString() }),
      progress: (percent) => place.post({ kind: 'progress', percent }),
    });
  let current: HandlerRun | undefined;
  place.onMessage((message: ToPlace) => {
    if (message.kind === 'abort') {
      current?.stop(message.reason);
      return;
    }
    current = start(message.job);
    void current.ended.then((end) => place.post({ kind: 'end', end }));
  });
  place.post({ kind: 'ready' });
}
