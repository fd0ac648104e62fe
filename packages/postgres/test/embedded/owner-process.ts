import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { EmbeddedPostgres } from '../../src/embedded/options.ts';
import { later } from './support.ts';

type Ready = Pick<EmbeddedPostgres, 'connection' | 'serverPid'>;

interface Message {
  ready?: Ready;
  failed?: string;
  acknowledged?: number;
  answersAfterInterrupt?: boolean;
  stopped?: boolean;
}

interface OwnerOptions {
  task?: 'hold' | 'insert' | 'leave';
  cacheDir?: string;
  native?: string;
  /** A command that runs the owner as its arguments. */
  under?: string[];
}

/** The script `owner.ts` as a child process in a process group of its own. */
export class OwnerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly #messages: Message[] = [];
  readonly #news = new EventEmitter();

  constructor(dataDir: string, options: OwnerOptions = {}) {
    const { under = [], task = 'hold', cacheDir = '/var/cache/mayfly', native } = options;
    const script = fileURLToPath(new URL('owner.ts', import.meta.url));
    const node = [process.execPath, '--conditions=@mayfly/source', script];
    const own = [dataDir, task, cacheDir, ...(native === undefined ? [] : [native])];
    const [command = '', ...args] = [...under, ...node, ...own];
    this.child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
    void this.ended.then(() => this.#news.emit('news'));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.#messages.push(JSON.parse(line) as Message);
      this.#news.emit('news');
    });
    later(() => this.kill());
  }

  get pid(): number {
    return this.child.pid!;
  }

  get acknowledged(): number {
    return Math.max(0, ...this.#messages.map((message) => message.acknowledged ?? 0));
  }

  ready(): Promise<Ready> {
    return this.#first('ready');
  }

  failed(): Promise<string> {
    return this.#first('failed');
  }

  answersAfterInterrupt(): Promise<boolean> {
    return this.#first('answersAfterInterrupt');
  }

  /** Has it stop its server and end. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.#first('stopped');
    await this.ended;
  }

  async untilAcknowledged(number: number): Promise<void> {
    await this.#until(() => this.acknowledged >= number);
  }

  /** kill -9, and the end of its output: no later acknowledgement can come. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async #first<K extends keyof Message>(key: K): Promise<NonNullable<Message[K]>> {
    const find = (): Message | undefined => this.#messages.find((message) => key in message);
    await this.#until(() => find() !== undefined);
    return find()![key]!;
  }

  async #until(check: () => boolean): Promise<void> {
    while (!check()) {
      const { exitCode, signalCode } = this.child;
      if (exitCode !== null || signalCode !== null) {
        await this.ended;
        if (check()) return;
        throw new Error(`the owner ended: ${JSON.stringify(this.#messages.at(-1))}`);
      }
      await once(this.#news, 'news');
    }
  }
}
