import { silentLog, submissionSchema, systemClock, type Submission } from '@mayfly/contracts';
import type { CheckedSubmission, Core, Principal } from '@mayfly/core';
import type { ConnectionSettings } from '@mayfly/postgres';
import {
  createLocalSource,
  resolveServerConfig,
  startServer,
  type RunningServer,
} from '@mayfly/server';
import { startWorker, type Handler, type RunningWorker } from '@mayfly/worker';
import { connectionUrl } from '../contenders/connection-url.ts';

export const API_KEY = 'key-of-the-bench';

const OWNER: Principal = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'bench',
  claims: ['admin'],
};

/** All of `mayfly dev` in this process, on a database that is there already. */
export class MayflyInProcess {
  readonly #server: RunningServer;
  readonly #workers: RunningWorker[] = [];

  private constructor(server: RunningServer) {
    this.#server = server;
  }

  static async start(database: ConnectionSettings): Promise<MayflyInProcess> {
    const config = resolveServerConfig({
      port: '0',
      grpcPort: '0',
      database: connectionUrl(database),
      apiKey: API_KEY,
    });
    return new MayflyInProcess(await startServer(config, { clock: systemClock, log: silentLog }));
  }

  get core(): Core {
    return this.#server.core;
  }

  /** Makes the types known before there is a worker that offers them. */
  async know(handlers: readonly Handler[]): Promise<void> {
    await this.core.types.add(handlers.map(({ taskType }) => taskType));
  }

  /** Starts one more worker. */
  async work(
    handlers: readonly Handler[],
    options: { concurrency: number; types?: readonly string[] },
  ): Promise<void> {
    const worker = await startWorker({
      server: createLocalSource(this.core.dispatcher),
      handlers,
      types: options.types ?? handlers.map(({ taskType }) => taskType.name),
      concurrency: options.concurrency,
      name: `bench-${this.#workers.length + 1}`,
    });
    this.#workers.push(worker);
  }

  /** Checks the submission and stores it, as the HTTP route does. */
  async submit(submission: Submission): Promise<string> {
    const { tasks } = await this.core.submissions.submit(OWNER, check(submission));
    return tasks[0]?.id ?? '';
  }

  /** @returns the ids */
  async submitBatch(submissions: Submission[]): Promise<string[]> {
    const { tasks } = await this.core.submissions.submitBatch(OWNER, submissions.map(check));
    return tasks.map(({ id }) => id);
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.close();
    await this.#server.close();
  }
}

function check(submission: Submission): CheckedSubmission {
  return submissionSchema.parse(submission);
}
