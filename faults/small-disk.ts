import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, which can be filled to the last byte. */
export class SmallDisk {
  readonly folder: string;

  /** @throws where nobody may mount; `canMount` tells */
  constructor(mebibytes: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'mayfly-small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', this.folder]);
    chmodSync(this.folder, 0o1777);
  }

  /** Whether this process may make one: it takes root, and not every container lets it. */
  static canMount(): boolean {
    try {
      new SmallDisk(1).remove();
      return true;
    } catch {
      return false;
    }
  }

  /** Leaves no room at all. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (const bytes of [1 << 20, 1 << 12]) writeUntilFull(file, bytes);
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true });
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function writeUntilFull(file: number, bytes: number): void {
  const block = Buffer.alloc(bytes, 1);
  try {
    while (writeSync(file, block) === bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
