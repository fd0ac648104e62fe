import type { TcpProxy } from '@mayfly/testkit';
import { monotonicMs } from './journal.ts';
import type { Command } from './process.ts';

interface MemberOptions {
  name: string;
  url: string;
  /** A server's way to PostgreSQL; a worker's ways to its server. */
  links: TcpProxy[];
  launch: () => Command;
  isClosing: () => boolean;
}

/** A process that ended: when, and whether the suite meant it to. */
export interface Death {
  pid: number;
  atMono: number;
  meant: boolean;
}

const READY = '"pid":';

/** A server or a worker in its place: whatever runs there now, and what ran there before. */
export class Member {
  readonly name: string;
  readonly url: string;
  readonly links: TcpProxy[];
  readonly deaths: Death[] = [];
  readonly pids: number[] = [];
  readonly #options: MemberOptions;
  #command: Command | undefined;
  #meant = false;
  #leaving = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.name = options.name;
    this.url = options.url;
    this.links = options.links;
  }

  get command(): Command {
    if (!this.#command) throw new Error(`${this.name} was never started`);
    return this.#command;
  }

  /** False from the moment on that it is told to end. */
  get runs(): boolean {
    return this.#command !== undefined && !this.#command.ended && !this.#leaving;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    await this.begin().says(READY);
  }

  /** Starts it, and does not wait for it: what it needs may be away. */
  begin(): Command {
    const command = this.#options.launch();
    this.#command = command;
    this.#meant = false;
    this.#leaving = false;
    this.pids.push(command.pid);
    void command.end.then(() => {
      const meant = this.#meant || this.#options.isClosing();
      this.deaths.push({ pid: command.pid, atMono: monotonicMs(), meant });
    });
    return command;
  }

  async kill(): Promise<void> {
    this.#meant = true;
    await this.command.kill();
  }

  /** SIGTERM, and waits for the end. */
  async drain(): Promise<void> {
    this.#meant = true;
    this.#leaving = true;
    this.command.signal('SIGTERM');
    await this.command.end;
  }

  async close(): Promise<void> {
    if (this.#command && !this.#command.ended) await this.kill();
    for (const link of this.links) await link.close();
  }
}
