import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../apps/cli/bin/mayfly.js', import.meta.url));

/** Longest wait for a line; only a run that fails waits so long. */
const PATIENCE_MS = 60_000;

interface CommandOptions {
  args: string[];
  env: Record<string, string>;
  /** Takes in all that it says. */
  logFile: string;
}

/** A running `mayfly` command. */
export class Command {
  readonly #child: ChildProcess;
  readonly #options: CommandOptions;
  readonly #listeners = new Set<() => void>();
  #said = '';
  ended = false;
  readonly end: Promise<void>;

  constructor(options: CommandOptions) {
    this.#options = options;
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    this.#child = spawn(process.execPath, [BIN, ...options.args], {
      env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString();
      appendFileSync(options.logFile, chunk);
      for (const listener of this.#listeners) listener();
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
    this.end = once(this.#child, 'exit').then(() => {
      this.ended = true;
      for (const listener of this.#listeners) listener();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.ended) this.#child.kill(name);
  }

  /** How often it has said this. */
  count(text: string): number {
    return this.#said.split(text).length - 1;
  }

  /** Resolves once what it has said holds `text`; rejects when it ends without. */
  async says(text: string): Promise<void> {
    const done = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#said.includes(text)) done.resolve();
      else if (this.ended) done.reject(this.#complaint(`ended and did not say ${text}`));
    };
    const timer = setTimeout(() => {
      done.reject(this.#complaint(`has not said ${text}`));
    }, PATIENCE_MS);
    this.#listeners.add(look);
    look();
    try {
      await done.promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.end;
  }

  #complaint(what: string): Error {
    return new Error(`mayfly ${this.#options.args[0]} ${what}:\n${this.#said.slice(-2000)}`);
  }
}
