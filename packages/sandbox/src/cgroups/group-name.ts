import { readlinkSync } from 'node:fs';
import { isAlive } from '../proc/process-identity.ts';
import { readProcessStat } from '../proc/read-process.ts';

/** The folder under which all workers of a machine keep their groups. */
export const PARENT_NAME = 'mayfly';

const NAME = /^run-(?<namespace>\d+)-(?<pid>\d+)-(?<startTicks>\d+)-\d+$/u;

/**
 * Names groups after their worker: pid namespace, pid and start time, so that a later worker can
 * tell leftovers of a dead one from groups in use.
 */
export class GroupNamer {
  readonly #prefix: string;
  #count = 0;

  constructor() {
    const stat = readProcessStat('self');
    this.#prefix = `run-${ownPidNamespace()}-${process.pid}-${stat?.startTicks ?? 0}`;
  }

  next(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }
}

/** True for a group of a worker that is dead. One of another pid namespace is never judged. */
export function isStaleName(name: string): boolean {
  const owner = NAME.exec(name)?.groups;
  if (owner === undefined || owner['namespace'] !== ownPidNamespace()) return false;
  return !isAlive({ pid: Number(owner['pid']), startTicks: Number(owner['startTicks']) });
}

function ownPidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/gu, '');
}
