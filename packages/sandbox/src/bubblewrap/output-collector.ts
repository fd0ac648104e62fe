import type { OutputListener, OutputStream } from '../sandbox.ts';

export interface CollectedOutput {
  stdout: Uint8Array;
  stderr: Uint8Array;
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
}

/** Keeps what a program prints, up to a number of bytes of both streams together. */
export class OutputCollector {
  readonly #chunks: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  readonly #truncated: Record<OutputStream, boolean> = { stdout: false, stderr: false };
  readonly #listener: OutputListener | undefined;
  #leftBytes: number;

  constructor(maxBytes: number, listener?: OutputListener) {
    this.#leftBytes = maxBytes;
    this.#listener = listener;
  }

  /** False when the chunk went over the limit; what fitted is kept. */
  push(stream: OutputStream, chunk: Buffer): boolean {
    const kept = chunk.subarray(0, this.#leftBytes);
    if (kept.length > 0) {
      this.#leftBytes -= kept.length;
      this.#chunks[stream].push(kept);
      this.#listener?.(stream, kept);
    }
    if (kept.length === chunk.length) return true;
    this.#truncated[stream] = true;
    return false;
  }

  collect(): CollectedOutput {
    return {
      stdout: Buffer.concat(this.#chunks.stdout),
      stderr: Buffer.concat(this.#chunks.stderr),
      stdoutTruncated: this.#truncated.stdout,
      stderrTruncated: this.#truncated.stderr,
    };
  }
}
