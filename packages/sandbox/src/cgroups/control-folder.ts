import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isErrno } from '../errno.ts';

/**
 * One cgroup folder and the control files in it. The files live in kernel memory, so reading and
 * writing them does not wait for a disk; only moving a process can take milliseconds.
 */
export class ControlFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get name(): string {
    return basename(this.path);
  }

  child(name: string): ControlFolder {
    return new ControlFolder(join(this.path, name));
  }

  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }

  /** A second try, for another worker may take the common parent away in between. */
  make(): void {
    try {
      mkdirSync(this.path, { recursive: true });
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      mkdirSync(this.path, { recursive: true });
    }
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  write(file: string, value: string | number): void {
    writeFileSync(join(this.path, file), String(value));
  }

  /** Gives a control file to a user (null: it stays ours) and returns its path. */
  handOver(file: string, uid: number | null): string {
    const path = join(this.path, file);
    if (uid !== null) chownSync(path, uid, uid);
    return path;
  }

  /** Moves a process in. One that has died in the meantime needs no place. */
  async move(pid: number): Promise<void> {
    try {
      await writeFile(join(this.path, 'cgroup.procs'), String(pid));
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  }

  /** A file that holds one number; null when there is no such file or it says `max`. */
  readNumber(file: string): number | null {
    if (!this.has(file)) return null;
    const value = Number(this.read(file));
    return Number.isFinite(value) ? value : null;
  }

  /** One line of a file of `name value` lines; null when there is none. */
  readField(file: string, name: string): number | null {
    if (!this.has(file)) return null;
    const line = this.read(file)
      .split('\n')
      .find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  }

  /** Live processes; those that cannot be seen from here (0) are left out. */
  readPids(): number[] {
    if (!this.has('cgroup.procs')) return [];
    return this.read('cgroup.procs')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
  }

  listChildren(): ControlFolder[] {
    try {
      return readdirSync(this.path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => this.child(entry.name));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Removes the folder; false when somebody still uses it. */
  remove(): boolean {
    try {
      rmdirSync(this.path);
    } catch (error) {
      if (isErrno(error, 'EBUSY', 'ENOTEMPTY')) return false;
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    return true;
  }
}
