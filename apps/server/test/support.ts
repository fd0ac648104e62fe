import { silentLog, systemClock, type Claim, type JsonValue, type Task } from '@mayfly/contracts';
import {
  createLocalSource,
  resolveServerConfig,
  startServer,
  type RunningServer,
} from '@mayfly/server';
import { createBuiltInOperations, Worker, type Operation } from '@mayfly/worker';

export const ADMIN_KEY = 'admin-key-for-tests';

interface Answer {
  status: number;
  headers: Headers;
  body: JsonObject;
}

/** Bodies are looked into freely by tests; a wrong guess shows as a failing expectation. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type JsonObject = any;

/** A server on a throw-away database, spoken to over HTTP as any client would. */
export class TestServer {
  readonly server: RunningServer;
  #workers: Worker[] = [];

  private constructor(server: RunningServer) {
    this.server = server;
  }

  static async start(
    options: {
      maxBodyBytes?: string;
      ttlMaxMs?: number;
      webhookSecret?: string;
      allowPrivateWebhooks?: boolean;
    } = {},
  ): Promise<TestServer> {
    const config = resolveServerConfig({
      port: '0',
      database: 'memory:',
      apiKey: ADMIN_KEY,
      ...options,
    });
    return new TestServer(await startServer(config, { clock: systemClock, log: silentLog }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.server.close();
  }

  async work(operations: Operation[] = [], concurrency = 8): Promise<Worker> {
    const worker = new Worker({
      source: createLocalSource(this.server.core.dispatcher),
      operations: [
        ...createBuiltInOperations({ clock: systemClock, allowPrivateAddresses: true }),
        ...operations,
      ],
      runtimes: [],
      sandbox: null,
      concurrency,
      queues: [],
      name: 'test-worker',
      version: '0',
      clock: systemClock,
      log: silentLog,
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  async call(
    method: string,
    path: string,
    options: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { body, key = ADMIN_KEY, headers = {} } = options;
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(this.server.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { 'x-apikey': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : raw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  get(path: string, key?: string | null): Promise<Answer> {
    return this.call('GET', path, key === undefined ? {} : { key });
  }

  post(path: string, body?: unknown, key?: string | null): Promise<Answer> {
    return this.call('POST', path, { body, ...(key === undefined ? {} : { key }) });
  }

  async submit(type: string, params: JsonValue, more: object = {}): Promise<Task> {
    const { status, body } = await this.post('/api/tasks', {
      type,
      params,
      ttlMs: 10_000,
      ...more,
    });
    if (status !== 201) throw new Error(`submission answered ${status}: ${JSON.stringify(body)}`);
    return body as Task;
  }

  async finished(id: string): Promise<Task> {
    const { body } = await this.get(`/api/tasks/${id}?waitMs=20000`);
    return body as Task;
  }

  /** Resolves when the task has the status. */
  async until(id: string, status: string): Promise<Task> {
    for (;;) {
      const changed = Promise.withResolvers<void>();
      const unwatch = this.server.core.feed.watch(id, () => changed.resolve());
      try {
        const { body } = await this.get(`/api/tasks/${id}`);
        if ((body as Task).status === status) return body as Task;
        await changed.promise;
      } finally {
        unwatch();
      }
    }
  }

  async makeKey(...claims: Claim[]): Promise<string> {
    const { body } = await this.post('/api/api-keys', { name: claims.join(), claims });
    return body.key as string;
  }

  /** Everything that the store knows of tasks, to see that nothing has changed. */
  async snapshot(): Promise<string> {
    const { body } = await this.get('/api/tasks?limit=1000');
    const { body: stats } = await this.get('/api/stats');
    return JSON.stringify([body, stats.tasks]);
  }
}
