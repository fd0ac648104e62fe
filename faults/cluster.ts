import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  /** `MAYFLY_FAULTS` of all of them; with `unfenced` the suite must find broken promises. */
  faults?: string;
  /** Default: one that is made for it. The cluster stops it at its end. */
  postgres?: ExternalPostgres;
}

const LOOPBACK = '127.0.0.1';
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
  /** Of its administrator. */
  readonly apiKey = API_KEY;
  readonly #options: ClusterOptions;
  readonly #grpcPorts: number[] = [];
  /** Logs and journals stay when the cluster is closed. */
  keepsFiles = false;
  /** `MAYFLY_FAULTS` of what is started next. */
  faults: string | undefined;
  #closing = false;

  private constructor(options: ClusterOptions, postgres: ExternalPostgres) {
    this.#options = options;
    this.faults = options.faults;
    this.postgres = postgres;
    this.folder = mkdtempSync(join(tmpdir(), 'mayfly-faults-'));
    this.journal = join(this.folder, 'journal');
    mkdirSync(this.journal);
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const bin = findDebianPostgres();
    if (bin === undefined)
      throw new Error('The fault suite needs PostgreSQL: apt install postgresql');
    const postgres = options.postgres ?? (await startDebianPostgres(bin));
    const cluster = new Cluster(options, postgres);
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
    if (!this.keepsFiles) rmSync(this.folder, { recursive: true, force: true });
  }

  async #addServer(index: number): Promise<void> {
    const [port, grpcPort] = [await freePort(), await freePort()];
    const { host, port: databasePort } = this.postgres;
    const database = await startTcpProxy(() => ({ host, port: databasePort }), { host, port: 0 });
    const url = new URL(this.postgres.url);
    url.port = String(database.port);
    const args = ['serve', '--json', '--log-level', 'info'];
    args.push('--port', String(port), '--grpc-port', String(grpcPort), '--database', url.href);
    this.#grpcPorts.push(grpcPort);
    const member = new Member({
      name: `server-${index + 1}`,
      url: `http://${LOOPBACK}:${port}`,
      links: [database],
      launch: () => this.#launch(`server-${index + 1}`, args),
      isClosing: () => this.#closing,
    });
    this.servers.push(member);
    await member.start();
  }

  async #addWorker(index: number): Promise<void> {
    // A worker asks its server for the port of gRPC, and takes the same host: so each one gets a
    // host of its own, on which the ports of all servers are proxies.
    const host = `127.0.${(process.pid % 200) + 10}.${index + 1}`;
    const http = await startTcpProxy(() => this.#balance(index), { host, port: 0 });
    const streams = this.#grpcPorts.map((port) =>
      startTcpProxy(() => ({ host: LOOPBACK, port }), { host, port }),
    );
    const links = [http, ...(await Promise.all(streams))];
    const { port } = http;
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

  /** As a balancer does: to the worker's own server, or to the next one that runs. */
  #balance(index: number): { host: string; port: number } {
    const { length } = this.servers;
    const inTurn = this.servers.map((_, n) => this.servers[(index + n) % length] as Member);
    const server = inTurn.find(({ runs }) => runs) ?? inTurn[0];
    if (!server) throw new Error('there is no server');
    return { host: LOOPBACK, port: Number(new URL(server.url).port) };
  }

  #launch(name: string, args: string[]): Command {
    const env = {
      MAYFLY_API_KEY: API_KEY,
      ...(this.faults === undefined ? {} : { MAYFLY_FAULTS: this.faults }),
    };
    return new Command({ args, env, logFile: join(this.folder, `${name}.log`) });
  }
}
