import { setTimeout as pause } from 'node:timers/promises';
import type { Submission, SubmitOptions } from '@mayfly/client';
import { check, type Verdict } from './checker.ts';
import type { Cluster } from './cluster.ts';
import { readHistory, type History } from './history.ts';
import { monotonicMs, readJournals, type JournalRecord } from './journal.ts';
import type { Accepted } from './load.ts';
import type { Member } from './member.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** A few tasks whose fate a scripted test follows. */
export class Scenario {
  readonly accepted: Accepted[] = [];
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** @returns the id of the accepted task */
  async submit(
    submission: Submission,
    server = this.cluster.servers[0],
    options: SubmitOptions = {},
  ): Promise<string> {
    const { id } = await this.cluster.client(server as Member).submit(submission, options);
    this.accepted.push({ id, submission, cancelled: false, atMono: monotonicMs() });
    return id;
  }

  /** A task of a handler that sleeps; by default one that nothing but a fault ends early. */
  work(type: string, ms: number, more: Partial<Submission> = {}): Submission {
    const params = { journal: this.cluster.journal, ms, mode: 'sleep' };
    return { type, ttlMs: 60_000, params, ...more };
  }

  /** Resolves with the worker that runs this attempt, once it has begun. */
  async begun(task: string, attempt = 1): Promise<Member> {
    const record = await this.until(`${task} to begin attempt ${attempt}`, () =>
      this.journal().find((line) => line.task === task && line.attempt >= attempt),
    );
    const worker = this.cluster.workers.find(({ pids }) => pids.includes(record.worker));
    if (!worker) throw new Error(`nobody knows the worker ${record.worker}`);
    return worker;
  }

  journal(): JournalRecord[] {
    const own = new Set(this.accepted.map(({ id }) => id));
    return readJournals(this.cluster.journal).filter(({ task }) => own.has(task));
  }

  /** Waits until all have finished, and judges. */
  async verdict(): Promise<Verdict & { history: History }> {
    const history = await this.until('all tasks to finish', async () => {
      const now = await this.#history();
      return now.places.every(({ place }) => place === 'finished') ? now : undefined;
    });
    await pause(500);
    const deaths = this.cluster.workers.flatMap((worker) => worker.deaths);
    const { accepted } = this;
    const verdict = check({
      accepted,
      history,
      journal: this.journal(),
      deaths,
      outages: [],
      slackMs: 5000,
    });
    return { ...verdict, history };
  }

  async until<Found>(
    what: string,
    look: () => Found | false | undefined | Promise<Found | false | undefined>,
  ): Promise<Found> {
    const endAt = monotonicMs() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (monotonicMs() > endAt) throw new Error(`waited in vain for ${what}`);
      await pause(LOOK_MS);
    }
  }

  async #history(): Promise<History> {
    const own = new Set(this.accepted.map(({ id }) => id));
    const { places, attempts } = await readHistory(this.cluster.postgres.url);
    return {
      places: places.filter(({ task }) => own.has(task)),
      attempts: attempts.filter(({ task }) => own.has(task)),
    };
  }
}
