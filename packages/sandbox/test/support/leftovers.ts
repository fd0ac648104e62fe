import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { readProcessStat } from '../../src/proc/read-process.ts';

/** User ids of programs in these tests, apart from those of a worker on the same machine. */
export const TEST_UID_BASE = 730_000;
export const TEST_UID_COUNT = 200;

/**
 * Everything that runs could leave behind on this machine: processes, cgroups, temporary files.
 * Each one is described in words, so that a failing test says what it was.
 */
export function listLeftovers(): string[] {
  return [...listProcesses(), ...listGroups(), ...listTemporaryFiles()];
}

/** Processes with a user id of the pool (as root), or in another pid namespace than ours. */
export function listProcesses(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => isSandboxed(pid) && readProcessStat(Number(pid))?.zombie === false)
    .map((pid) => `process ${pid}: ${readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

function isSandboxed(pid: string): boolean {
  try {
    const { uid } = statSync(`/proc/${pid}`);
    if (process.geteuid?.() === 0) {
      return uid >= TEST_UID_BASE && uid < TEST_UID_BASE + TEST_UID_COUNT;
    }
    const ours = readlinkSync('/proc/self/ns/pid');
    return uid === process.geteuid?.() && readlinkSync(`/proc/${pid}/ns/pid`) !== ours;
  } catch {
    return false;
  }
}

/** Groups of runs whose supervisor is a child of this process, or dead. */
function listGroups(): string[] {
  return listQuietly('/sys/fs/cgroup')
    .map((tree) => `/sys/fs/cgroup/${tree}/mayfly`)
    .flatMap((parent) => listQuietly(parent).map((name) => `${parent}/${name}`))
    .filter((path) => isOurs(/\/run-\d+-(\d+)-/u.exec(path)?.[1]))
    .map((path) => `cgroup ${path}`);
}

function isOurs(supervisor: string | undefined): boolean {
  if (supervisor === undefined) return false;
  const status = readQuietly(`/proc/${supervisor}/status`);
  return status === '' || status.includes(`\nPPid:\t${process.pid}\n`);
}

function listTemporaryFiles(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith('mayfly-pipes-'))
    .map((name) => `temporary folder ${name}`);
}

/** Another worker may take the folder away meanwhile. */
function listQuietly(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
