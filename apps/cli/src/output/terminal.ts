import { clearLine, cursorTo } from 'node:readline';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** What a shell reports for a program that wrote to a pipe without a reader. */
export const EXIT_BROKEN_PIPE = 141;

/** A terminal, a pipe or a file. */
export type Target = Writable & { isTTY?: boolean; columns?: number };

type Format = Parameters<typeof styleText>[0];

/** Where commands write: what was asked for to stdout, all else to stderr. */
export class Terminal {
  readonly #stdout: Target;
  readonly #stderr: Target;

  #onBrokenPipe: () => void = () => process.exit(EXIT_BROKEN_PIPE);

  constructor(stdout: Target, stderr: Target) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    for (const stream of [stdout, stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        this.#onBrokenPipe();
      });
    }
  }

  /** What to do when nobody reads any more. Until it is told, the process ends at once. */
  whenBrokenPipe(callback: () => void): void {
    this.#onBrokenPipe = callback;
  }

  /** Width for tables; undefined where nothing is cut. */
  get columns(): number | undefined {
    return this.#stdout.isTTY ? this.#stdout.columns : undefined;
  }

  /** One line, or several, to stdout. */
  print(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  /** A whole JSON document. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** One line of a stream of JSON. */
  printJsonLine(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** A word to the person, beside what was asked for. */
  note(text: string): void {
    this.#stderr.write(`mayfly: ${text}\n`);
  }

  /** The same for programs. */
  noteJson(value: unknown): void {
    this.#stderr.write(`${JSON.stringify(value)}\n`);
  }

  /** Colours where stdout takes them. */
  style(format: Format, text: string): string {
    return styleText(format, text, { stream: this.#stdout });
  }

  /** Bytes as they are. Resolves when there is room for more; what nobody reads is dropped. */
  write(target: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const stream = target === 'stdout' ? this.#stdout : this.#stderr;
    // An error comes as the stream's event, too.
    return new Promise((resolve) => {
      stream.write(bytes, () => resolve());
    });
  }

  /** Replaces the line at which a person looks; the next call replaces it again. */
  redraw(text: string): void {
    if (!this.canRedraw) return;
    clearLine(this.#stderr, 0);
    cursorTo(this.#stderr, 0);
    this.#stderr.write(text);
  }

  /** True: `redraw` shows something. */
  get canRedraw(): boolean {
    return this.#stderr.isTTY ?? false;
  }
}
