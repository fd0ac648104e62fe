import { setTimeout as pause } from 'node:timers/promises';
import type { MayflyClient, Submission } from '@mayfly/client';
import type { Cluster } from './cluster.ts';
import type { Member } from './member.ts';
import { monotonicMs } from './journal.ts';
import { SeededRandom } from './random.ts';

/** A task that a server has taken: its submission resolved. */
export interface Accepted {
  id: string;
  submission: Submission;
  /** A cancel resolved. */
  cancelled: boolean;
  atMono: number;
}

interface Planned {
  submission: Submission;
  cancelAfterMs: number | null;
  server: Member;
  idempotencyKey: string | undefined;
}

interface LoadOptions {
  cluster: Cluster;
  seed: number;
  /** Submissions that are under way at one time. */
  lines: number;
  /** Pause of a line between two submissions. */
  pauseMs: number;
  code: boolean;
}

const CANCEL_SHARE = 0.06;
const CODE_SHARE = 0.02;
const LINES_MAX = 1000;

/** Submits tasks of all kinds to all servers, and remembers which of them were accepted. */
export class Load {
  readonly accepted: Accepted[] = [];
  refused = 0;
  readonly #options: LoadOptions;
  readonly #cancels: Promise<void>[] = [];
  #stopped = false;
  #lines: Promise<void>[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lines = Array.from({ length: this.#options.lines }, (_, index) =>
      // Each line has its own numbers, so that what it submits does not depend on the others.
      this.#line(new SeededRandom(this.#options.seed * LINES_MAX + index)),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lines);
    await Promise.all(this.#cancels);
  }

  async #line(random: SeededRandom): Promise<void> {
    while (!this.#stopped) {
      await this.#submit({
        submission: this.#next(random),
        cancelAfterMs: random.chance(CANCEL_SHARE) ? random.int(0, 800) : null,
        server: random.pick(this.#options.cluster.servers),
        idempotencyKey: random.chance(0.5) ? `key-${random.next()}` : undefined,
      });
      await pause(this.#options.pauseMs);
    }
  }

  /** Half of them with a key, under which a cut answer is asked for again, of any server. */
  async #submit({ server, submission, cancelAfterMs, idempotencyKey }: Planned): Promise<void> {
    const { cluster } = this.#options;
    const tries = idempotencyKey === undefined ? 1 : 5;
    let at = server;
    for (let number = 1; number <= tries && !this.#stopped; number++) {
      const client = cluster.client(at);
      try {
        const { id } = await client.submit(submission, { idempotencyKey });
        const accepted = { id, submission, cancelled: false, atMono: monotonicMs() };
        this.accepted.push(accepted);
        if (cancelAfterMs !== null) this.#cancels.push(cancel(client, accepted, cancelAfterMs));
        return;
      } catch {
        // Refused, or cut off: only what was accepted is promised anything.
        this.refused++;
        await pause(100 * number);
        at = cluster.servers[(cluster.servers.indexOf(at) + 1) % cluster.servers.length] ?? at;
      }
    }
  }

  #next(random: SeededRandom): Submission {
    const { cluster, code } = this.#options;
    if (code && random.chance(CODE_SHARE)) {
      const source = 'sleep 0.3; echo done';
      return { type: 'code.run', ttlMs: 10_000, params: { runtime: 'bash', code: source } };
    }
    const type = random.pick(['fault.inline', 'fault.thread', 'fault.process', 'fault.process']);
    const journal = cluster.journal;
    const kind = random.next();
    const retry = { maxAttempts: 3, backoff: 'fixed', delayMs: 100 } as const;
    if (kind < 0.1) {
      const params = { journal, ms: random.int(1500, 5000), mode: 'sleep' };
      const retryOn = ['expired' as const];
      const ttlMs = random.int(300, 1200);
      return { type, ttlMs, params, retry: { ...retry, maxAttempts: 2, retryOn } };
    }
    if (kind < 0.16) {
      const mode = type === 'fault.inline' ? 'sleep' : 'spin';
      return { type, ttlMs: random.int(300, 900), params: { journal, ms: 4000, mode } };
    }
    if (kind < 0.26) {
      const params = { journal, ms: random.int(0, 100), mode: 'fail' };
      return { type, ttlMs: 30_000, params, retry };
    }
    const ms = kind < 0.36 ? random.int(3000, 9000) : random.int(10, 900);
    return { type, ttlMs: 30_000, params: { journal, ms, mode: 'sleep' } };
  }
}

async function cancel(client: MayflyClient, task: Accepted, afterMs: number): Promise<void> {
  await pause(afterMs);
  try {
    await client.cancel(task.id);
    task.cancelled = true;
  } catch {
    // It had finished, or the server is away: nothing was promised.
  }
}
