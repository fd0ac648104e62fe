import { execFile } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Both ends of a real pipe, as descriptors that the taker closes. */
export interface Pipe {
  reader: number;
  writer: number;
}

const BATCH = 32;
const REFILL_BELOW = 8;

/**
 * Pipes for the output of programs. What Node calls a pipe is a socket, and programs that open
 * `/dev/stdout` or `/dev/stderr` fail on a socket. A named pipe whose name is gone is the real
 * thing; they are made in batches, ahead of need, and never used twice.
 */
export class PipeSupply {
  readonly #spare: number[] = [];
  #refill: Promise<void> | null = null;
  #closed = false;

  /** One for standard output and one for standard error, or none at all. */
  async take(): Promise<[Pipe, Pipe]> {
    for (;;) {
      const [first, second] = this.#spare;
      if (first !== undefined && second !== undefined) {
        this.#spare.splice(0, 2);
        if (this.#spare.length < REFILL_BELOW) this.#refillAhead();
        return [openWriter(first), openWriter(second)];
      }
      await this.#startRefill();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#refill?.catch(() => null);
    for (const fd of this.#spare.splice(0)) closeSync(fd);
  }

  /** A failure here is met again, and reported, by the run that finds no pipe. */
  #refillAhead(): void {
    this.#startRefill().catch(() => null);
  }

  #startRefill(): Promise<void> {
    this.#refill ??= this.#makeBatch().finally(() => {
      this.#refill = null;
    });
    return this.#refill;
  }

  async #makeBatch(): Promise<void> {
    if (this.#closed) throw new Error('The sandbox is closed.');
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-pipes-'));
    try {
      const paths = Array.from({ length: BATCH }, (_, index) => join(folder, `output-${index}`));
      // Others may open it by `/dev/stdout`; nobody else can reach the folder.
      await run('mkfifo', ['-m', '666', ...paths], { env: { PATH: '/usr/bin:/bin' } });
      for (const path of paths) {
        this.#spare.push(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function openWriter(reader: number): Pipe {
  return { reader, writer: openSync(`/proc/self/fd/${reader}`, constants.O_WRONLY) };
}
