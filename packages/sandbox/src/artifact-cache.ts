import { createHash } from 'node:crypto';
import type { StageOutput } from '@mayfly/contracts';
import type { ProgramFile } from './sandbox.ts';
import type { Runtime } from './runtimes/runtime.ts';

/** A compiled program and what its compiler said. */
export interface CompiledProgram {
  artifact: Uint8Array;
  output: StageOutput;
}

/** Remembers compiled programs by what they were made of, up to a number of bytes. */
export class ArtifactCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #programs = new Map<string, CompiledProgram>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): CompiledProgram | null {
    const program = this.#programs.get(key);
    if (program === undefined) return null;
    this.#programs.delete(key);
    this.#programs.set(key, program);
    return program;
  }

  put(key: string, program: CompiledProgram): void {
    this.#drop(key);
    this.#programs.set(key, program);
    this.#bytes += program.artifact.length;
    for (const oldest of this.#programs.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#programs.get(key)?.artifact.length ?? 0;
    this.#programs.delete(key);
  }
}

/** Names a compiled program by its toolchain, its command line and every file it could include. */
export function computeArtifactKey(
  runtime: Runtime,
  command: readonly string[],
  files: readonly ProgramFile[],
): string {
  const hash = createHash('sha256');
  const { name, env } = runtime.manifest;
  hash.update(JSON.stringify([name, runtime.version, runtime.binary, command, env]));
  for (const { path, content } of files) {
    hash.update(JSON.stringify([path, content.length]));
    hash.update(content);
  }
  return hash.digest('hex');
}
