import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type MayflyClient } from '@mayfly/client';
import {
  findDebianPostgres,
  freePort,
  startDebianPostgres,
  startTcpProxy,
  type ExternalPostgres,
} from '@mayfly/testkit';
import { Member } from './member.ts';
import { Command } from './process.ts';

export interface ClusterOptions {
  servers: number;
  workers: number;
  /** Offer `code.run` on the first worker. */
  code: boolean;
  /** Control run: workers do not fence themselves, and servers do not wait for it. */
  unfenced: boolean;
}

const API_KEY = 'key-of-the-fault-suite';
const HANDLERS = new URL('./handlers.ts', import.meta.url).pathname;
const HANDLER_TYPES = 'fault.inline,fault.thread,fault.process';
const CONCURRENCY = 6;
const DRAIN = '20s';

/**
 * Servers and workers as they run in production: processes of their own, on one PostgreSQL. Between
 * each server and PostgreSQL, and between each worker and its server, stands a proxy.
 */
export class Cluster {
  readonly folder: string;
  readonly journal: string;
  readonly postgres: ExternalPostgres;
  readonly servers: Member[] = [];
  readonly workers: Member[] = [];
  readonly #options: ClusterOptions;
  #closing = false;

  private constructor(options: ClusterOptions, postgres: ExternalPostgres) {
    this.#options = options;
    this.postgres = postgres;
    this.folder = mkdtempSync(join(tmpdir(), 'mayfly-faults-'));
    this.journal = join(this.folder, 'journal');
    mkdirSync(this.journal);
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const bin = findDebianPostgres();
    if (bin === undefined)
      throw new Error('The fault suite needs PostgreSQL: apt install postgresql');
    const cluster = new Cluster(options, await startDebianPostgres(bin));
    try {
      for (let index = 0; index < options.servers; index++) await cluster.#addServer(index);
      const workers = Array.from({ length: options.workers }, (_, index) => index);
      await Promise.all(workers.map((index) => cluster.#addWorker(index)));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** A client of one server. It does not try again by itself: the load decides that. */
  client(server: Member): MayflyClient {
    return createClient({ url: server.url, apiKey: API_KEY, retries: 0, timeoutMs: 5000 });
  }

  /** The server that has last said that it keeps time. */
  leader(): Member | undefined {
    return this.servers.find(
      ({ command }) =>
        !command.ended &&
        command.count('this server keeps time now') >
          command.count('this server keeps time no longer'),
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const member of [...this.workers, ...this.servers]) await member.close();
    await this.postgres.stop();
  }

  async #addServer(index: number): Promise<void> {
    const [port, grpcPort] = [await freePort(), await freePort()];
    const { host, port: databasePort } = this.postgres;
    const database = await startTcpProxy({ host, port: databasePort }, { host, port: 0 });
    const url = new URL(this.postgres.url);
    url.port = String(database.port);
    const args = ['serve', '--json', '--log-level', 'info'];
    args.push('--port', String(port), '--grpc-port', String(grpcPort), '--database', url.href);
    const member = new Member({
      name: `server-${index + 1}`,
      url: `http://127.0.0.1:${port}`,
      links: [database],
      launch: () => this.#launch(`server-${index + 1}`, args),
      isClosing: () => this.#closing,
    });
    this.servers.push(member);
    await member.start();
  }

  async #addWorker(index: number): Promise<void> {
    const server = this.servers[index % this.servers.length] as Member;
    const [port, grpcPort] = await portsOf(this.client(server), server.url);
    // A worker asks its server for the port of gRPC, and takes the same host: so each one gets a
    // host of its own, on which both ports are proxies.
    const host = `127.0.${(process.pid % 200) + 10}.${index + 1}`;
    const links = [
      await startTcpProxy({ host: '127.0.0.1', port }, { host, port }),
      await startTcpProxy({ host: '127.0.0.1', port: grpcPort }, { host, port: grpcPort }),
    ];
    const name = `worker-${index + 1}`;
    const url = `http://${host}:${port}`;
    const args = ['worker', '--json', '--log-level', 'info', '--server', url, '--name', name];
    args.push('--handlers', HANDLERS, '--concurrency', String(CONCURRENCY), '--drain', DRAIN);
    const withCode = this.#options.code && index === 0;
    args.push('--types', withCode ? `${HANDLER_TYPES},code.run` : HANDLER_TYPES);
    const member = new Member({
      name,
      url,
      links,
      launch: () => this.#launch(name, args),
      isClosing: () => this.#closing,
    });
    this.workers.push(member);
    await member.start();
  }

  #launch(name: string, args: string[]): Command {
    const env = {
      MAYFLY_API_KEY: API_KEY,
      ...(this.#options.unfenced ? { MAYFLY_FAULTS: 'unfenced' } : {}),
    };
    return new Command({ args, env, logFile: join(this.folder, `${name}.log`) });
  }
}

async function portsOf(client: MayflyClient, url: string): Promise<[number, number]> {
  const { grpcPort } = await client.info();
  if (grpcPort === null) throw new Error(`${url} takes no workers`);
  return [Number(new URL(url).port), grpcPort];
}
