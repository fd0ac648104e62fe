import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { News, Order } from './messages.ts';

/** The supervisor has little to remember; a small heap makes starting processes cheap. */
const HEAP_FLAGS = ['--max-semi-space-size=1'];

/** With this, modules of the workspace are found as sources, when this one is a source itself. */
const SOURCE_FLAGS = ['--conditions=@mayfly/source'];

/** One supervisor process and the channel to it. */
export class SupervisorLink {
  /** Resolves when the process is gone and all it has told was heard. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  #alive = true;

  constructor(onNews: (news: News) => void) {
    this.#child = forkSupervisor();
    this.#child.on('message', (news: News) => onNews(news));
    this.gone = this.#awaitEnd();
    this.setIdle(true);
  }

  get alive(): boolean {
    return this.#alive && this.#child.connected;
  }

  /** Orders to a supervisor that is gone are void: `gone` tells of it. */
  send(order: Order): void {
    if (this.alive) this.#child.send(order, ignoreLostOrder);
  }

  /** News may still be in the channel when the process has ended already. */
  async #awaitEnd(): Promise<void> {
    const child = this.#child;
    const silent = new Promise<void>((resolve) => child.once('disconnect', resolve));
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const neverBegan = new Promise<void>((resolve) => child.on('error', () => resolve()));
    await Promise.race([Promise.all([silent, ended]), neverBegan]);
    this.#alive = false;
  }

  /** An idle supervisor does not keep this process alive. */
  setIdle(idle: boolean): void {
    if (idle) {
      this.#child.unref();
      this.#child.channel?.unref();
    } else {
      this.#child.ref();
      this.#child.channel?.ref();
    }
  }
}

function forkSupervisor(): ChildProcess {
  const extension = extname(import.meta.url);
  const main = fileURLToPath(new URL(`main${extension}`, import.meta.url));
  return fork(main, [], {
    serialization: 'advanced',
    // Nothing that the worker knows is there for a program to find.
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...HEAP_FLAGS, ...(extension === '.ts' ? SOURCE_FLAGS : [])],
    // A session of its own: Ctrl-C is for the worker, which then ends runs in good order.
    detached: true,
  });
}

function ignoreLostOrder(): void {}
