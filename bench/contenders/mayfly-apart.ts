import { createClient, type MayflyClient, type Submission } from '@mayfly/client';
import type { ConnectionSettings } from '@mayfly/postgres';
import { Agent, request } from 'undici';
import { untilEnded } from '../support/ended.ts';
import { API_KEY } from '../support/mayfly-in-process.ts';
import { MayflyProcess } from '../support/mayfly-process.ts';
import { connectionUrl } from './connection-url.ts';
import type { Contender } from './contender.ts';
import { CONCURRENCY } from './settings.ts';

const QUEUE = 'default';
const TYPES = ['bench.noop', 'bench.stamp'];
const BATCH = 5000;
const NOOP: Submission = { type: 'bench.noop', ttlMs: 60_000, params: { n: 0 } };
const BODY = JSON.stringify(NOOP);

/** Mayfly as it runs in production: server and worker in processes of their own. */
export class MayflyApart implements Contender {
  readonly processes = new Map<string, number>();
  readonly #database: ConnectionSettings;
  readonly #agent = new Agent();
  #server: MayflyProcess | undefined;
  #worker: MayflyProcess | undefined;
  #client: MayflyClient | undefined;

  constructor(database: ConnectionSettings) {
    this.#database = database;
  }

  async open(): Promise<void> {
    this.#server = await MayflyProcess.server(connectionUrl(this.#database));
    this.#worker = await MayflyProcess.worker(this.#server.url, TYPES, CONCURRENCY);
    this.#client = createClient({ url: this.#server.url, apiKey: API_KEY });
    this.processes.set('server', this.#server.pid);
    this.processes.set('worker', this.#worker.pid);
    // Only a worker tells the server of its types; until `work` it waits.
    await this.#sdk.queues.set(QUEUE, { concurrency: null });
    await this.#sdk.queues.pause(QUEUE);
  }

  async submitOne(): Promise<void> {
    await this.#sdk.submit(NOOP);
  }

  /** The same call without the SDK, by a client that costs little: what the server itself can take. */
  async submitBare(): Promise<void> {
    const { statusCode, body } = await request(`${this.#server?.url}/api/tasks`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/json', 'x-apikey': API_KEY },
      body: BODY,
    });
    await body.dump();
    if (statusCode !== 201) throw new Error(`the server answered ${statusCode}`);
  }

  async submitBatch(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BATCH) {
      await this.#sdk.submitBatch(Array.from({ length: Math.min(BATCH, left) }, () => NOOP));
    }
  }

  async work(): Promise<void> {
    await this.#sdk.queues.resume(QUEUE);
  }

  untilStarted(count: number): Promise<void> {
    return this.untilDone(count);
  }

  untilDone(count: number): Promise<void> {
    return untilEnded(this.#database, 'completed', count);
  }

  async submitToStart(): Promise<number> {
    const from = Number(process.hrtime.bigint() / 1000n) / 1000;
    const { id } = await this.#sdk.submit({ type: 'bench.stamp', ttlMs: 60_000, params: {} });
    const { result } = await this.#sdk.wait(id);
    return Number(result) - from;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
    await this.#worker?.close();
    await this.#server?.close();
  }

  get #sdk(): MayflyClient {
    if (!this.#client) throw new Error('the server is not started yet');
    return this.#client;
  }
}
