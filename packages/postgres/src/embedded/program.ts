import type { ChildProcess } from 'node:child_process';

import type { Clock } from '@mayfly/contracts';

import { type LaunchOptions, type LaunchPad, launch } from './launch.ts';
import { missingTool } from './run-tool.ts';
import { unavailable } from './unavailable.ts';

/** How the server is ended, from the gentlest: each signal gets its time before the next one. */
export interface Ending {
  signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL';
  boundMs: number;
}

const ENDINGS: readonly Ending[] = [
  /** Fast shutdown: ends the sessions and writes a checkpoint, so that no recovery is needed. */
  { signal: 'SIGINT', boundMs: 30_000 },
  /** Immediate shutdown: the next start recovers from the log. */
  { signal: 'SIGQUIT', boundMs: 5_000 },
  { signal: 'SIGKILL', boundMs: 5_000 },
];

/** How a program has ended; `code` is null after a signal. */
export interface Ended {
  code: number | null;
  /** For people: `exit code 1`, `signal SIGKILL`. */
  text: string;
}

/** One run of initdb or of the server, as a child of this process. */
export class Program {
  readonly pid: number;
  /** Never rejects. */
  readonly ended: Promise<Ended>;
  #end: Ended | undefined;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    // A signal that may not be sent: `stop` notices that the program has not ended.
    child.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = { code, text: signal === null ? `exit code ${code}` : `signal ${signal}` };
        resolve(this.#end);
      });
    });
  }

  /** Throws `store.unavailable` when a tool that the launch needs is missing. */
  static async start(pad: LaunchPad, argv: string[], options: LaunchOptions): Promise<Program> {
    const child = launch(pad, argv, options);
    const { pid } = child;
    if (pid !== undefined) return new Program(child, pid);
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw missingTool(child.spawnfile, error);
  }

  /** Undefined while it runs. */
  get end(): Ended | undefined {
    return this.#end;
  }

  /** Lets this process end although the program still runs. */
  unref(): void {
    this.#child.unref();
  }

  /** Ends the program in order, at last by force; returns when it has ended. */
  async stop(clock: Clock): Promise<void> {
    this.#child.ref();
    for (const { signal, boundMs } of ENDINGS) {
      if (this.#end !== undefined) return;
      this.#child.kill(signal);
      await this.#endedWithin(clock, boundMs);
    }
    if (this.#end === undefined) throw unavailable(`The process ${this.pid} does not end: end it.`);
  }

  async #endedWithin(clock: Clock, boundMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = clock.after(boundMs, resolve);
      void this.ended.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
