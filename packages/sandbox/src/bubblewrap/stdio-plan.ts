import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';

type Slot = 'ignore' | 'pipe' | number;

const FIRST_FREE_FD = 6;

/**
 * The descriptors of one child: which go where, and what is written into them once it runs.
 * bwrap closes each control descriptor after it has read it, so none of them reaches the program.
 */
export class StdioPlan {
  readonly #slots: Slot[] = [];
  readonly #contents: { fd: number; content: Uint8Array | string }[] = [];

  set(fd: number, slot: Slot): void {
    while (this.#slots.length <= fd) this.#slots.push('ignore');
    this.#slots[fd] = slot;
  }

  /** Takes the next free descriptor for a pipe. */
  addPipe(): number {
    const fd = Math.max(this.#slots.length, FIRST_FREE_FD);
    this.set(fd, 'pipe');
    return fd;
  }

  /** A pipe that will carry `content` and then end. */
  addContent(content: Uint8Array | string): number {
    const fd = this.addPipe();
    this.#contents.push({ fd, content });
    return fd;
  }

  /**
   * Puts `/dev/null` over descriptors that the child would inherit from outside; returns those
   * above the plan, which the child still has to close.
   */
  coverInherited(inherited: readonly number[], devNull: number): number[] {
    const planned = this.#slots.length;
    const open = inherited.filter((fd) => fd >= planned || this.#slots[fd] === 'ignore');
    for (const fd of open) this.set(fd, devNull);
    return open;
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, { ...options, stdio: this.#slots });
    for (const stream of child.stdio) stream?.on('error', ignoreBrokenPipe);
    for (const { fd, content } of this.#contents) writable(child, fd).end(content);
    return child;
  }
}

export function writable(child: ChildProcess, fd: number): Writable {
  return stream(child, fd) as Duplex;
}

export function readable(child: ChildProcess, fd: number): Readable {
  return stream(child, fd) as Duplex;
}

function stream(child: ChildProcess, fd: number): Readable | Writable {
  const found = child.stdio[fd as 0 | 1 | 2];
  if (!found) throw new Error(`Descriptor ${fd} of the child is no pipe.`);
  return found;
}

/** The other end is gone because the child is: its exit says all there is to say. */
export function ignoreBrokenPipe(): void {}
