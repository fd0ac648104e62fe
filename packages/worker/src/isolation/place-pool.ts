import type { OutputStream } from '@mayfly/contracts';
import type { Isolation, Job, JobEnd, JobEvents, RunningJob } from './isolation.ts';
import type { FromPlace, ToPlace } from './messages.ts';

/** A thread or process that has been started to run handlers. */
export interface SpawnedPlace {
  post(message: ToPlace): void;
  onMessage(listener: (message: FromPlace) => void): void;
  /** What the handler's code prints. */
  onPrint(listener: (stream: OutputStream, data: Uint8Array) => void): void;
  /** Ends it with all that belongs to it. */
  kill(): void;
  /** Resolves with the reason when it is gone. */
  readonly gone: Promise<string>;
}

/** Places kept ready for the next job of the same handler. */
const IDLE_MAX = 4;

/**
 * Runs each job in a place of its own, one job at a time. A place whose job ended well is used
 * again; one that was killed or died is replaced.
 */
export class PlacePool implements Isolation {
  readonly canKill = true;
  readonly #spawn: () => SpawnedPlace;
  readonly #all = new Set<SpawnedPlace>();
  readonly #idle: SpawnedPlace[] = [];
  #closed = false;

  constructor(spawn: () => SpawnedPlace) {
    this.#spawn = spawn;
  }

  start(job: Job, events: JobEvents): RunningJob {
    const place = this.#idle.pop() ?? this.#add();
    let killed = false;
    const ended = new Promise<JobEnd>((resolve) => {
      place.onPrint((stream, data) => events.output(stream, data));
      place.onMessage((message) => {
        switch (message.kind) {
          case 'log':
            return events.output('log', Buffer.from(message.text));
          case 'progress':
            return events.progress(message.percent);
          case 'ready':
            return undefined;
          case 'end':
            if (!killed) this.#keep(place);
            return resolve(message.end);
        }
      });
      void place.gone.then((reason) => resolve(killed ? { kind: 'stopped' } : crashed(reason)));
    });
    place.post({ kind: 'start', job });
    return {
      terminate: (reason) => place.post({ kind: 'abort', reason }),
      kill: () => {
        killed = true;
        this.#forget(place);
        place.kill();
      },
      // A place that answers while it is being killed has still to die.
      ended: ended.then(async (end) => {
        if (killed) await place.gone;
        return end;
      }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const places = [...this.#all];
    for (const place of places) place.kill();
    await Promise.all(places.map((place) => place.gone));
  }

  #add(): SpawnedPlace {
    const place = this.#spawn();
    this.#all.add(place);
    void place.gone.then(() => this.#forget(place));
    return place;
  }

  #forget(place: SpawnedPlace): void {
    const index = this.#idle.indexOf(place);
    if (index >= 0) this.#idle.splice(index, 1);
    void place.gone.then(() => this.#all.delete(place));
  }

  #keep(place: SpawnedPlace): void {
    place.onMessage(() => undefined);
    place.onPrint(() => undefined);
    if (this.#closed || this.#idle.length >= IDLE_MAX) place.kill();
    else this.#idle.push(place);
  }
}

function crashed(reason: string): JobEnd {
  return {
    kind: 'threw',
    code: 'handler.crashed',
    message: `The handler's code ended: ${reason}.`,
  };
}
