/** Collects a file that comes out of a sandbox, up to a size. */
export class ArtifactCollector {
  readonly #chunks: Buffer[] = [];
  #leftBytes: number;

  constructor(maxBytes: number) {
    this.#leftBytes = maxBytes;
  }

  /** False when the file is too large. */
  push(chunk: Buffer): boolean {
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes >= 0) this.#chunks.push(chunk);
    return this.#leftBytes >= 0;
  }

  collect(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
