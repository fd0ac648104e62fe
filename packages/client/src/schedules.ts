import type {
  Schedule,
  ScheduleChange,
  ScheduleCreation,
  SchedulePage,
  ScheduleRun,
  Task,
} from '@mayfly/contracts';
import { changing, reading, type CallOptions } from './http/call.ts';
import type { Transport } from './http/transport.ts';

const PATH = '/api/schedules';

/** Tasks that the server submits again and again by the clock. */
export class Schedules {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page, newest first. */
  list(
    query: { limit?: number | undefined; cursor?: string | undefined } = {},
    options: CallOptions = {},
  ): Promise<SchedulePage> {
    return this.#transport.json(reading(PATH, { ...query }, options));
  }

  /** Every schedule that this key may see. */
  async *listAll(options: CallOptions = {}): AsyncGenerator<Schedule> {
    for (let cursor: string | undefined; ;) {
      const page = await this.list({ cursor }, options);
      yield* page.items;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  /** The schedule with its next runs. @throws MayflyError `schedule.not_found` */
  get(id: string, options: CallOptions & { nextRuns?: number } = {}): Promise<Schedule> {
    const { nextRuns } = options;
    return this.#transport.json(reading(pathOf(id), { nextRuns }, options));
  }

  /** The latest runs, newest first. */
  async runs(id: string, options: CallOptions & { limit?: number } = {}): Promise<ScheduleRun[]> {
    const { limit } = options;
    const answer = await this.#transport.json<{ items: ScheduleRun[] }>(
      reading(pathOf(id, '/runs'), { limit }, options),
    );
    return answer.items;
  }

  /** The task is checked as a submission is. @throws MayflyError `schedule.name_taken` */
  create(creation: ScheduleCreation, options: CallOptions = {}): Promise<Schedule> {
    return this.#transport.json(changing('POST', PATH, creation, options));
  }

  /** Giving `cron` takes `everyMs` away, and the other way round. */
  change(id: string, change: ScheduleChange, options: CallOptions = {}): Promise<Schedule> {
    return this.#transport.json(changing('PATCH', pathOf(id), change, options));
  }

  /** Stops firing. What comes due while it is paused is not made up for. */
  pause(id: string, options: CallOptions = {}): Promise<Schedule> {
    return this.#transport.json(changing('POST', pathOf(id, '/pause'), undefined, options));
  }

  /** Fires again, from the next slot on. */
  resume(id: string, options: CallOptions = {}): Promise<Schedule> {
    return this.#transport.json(changing('POST', pathOf(id, '/resume'), undefined, options));
  }

  /** Submits its task now, out of turn. */
  run(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#transport.json(changing('POST', pathOf(id, '/run'), undefined, options));
  }

  /** Its tasks stay. @throws MayflyError `schedule.not_found` */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json(changing('DELETE', pathOf(id), undefined, options));
  }
}

function pathOf(id: string, rest = ''): string {
  return `${PATH}/${encodeURIComponent(id)}${rest}`;
}
