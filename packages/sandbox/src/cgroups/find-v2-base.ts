import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { ControlFolder } from './control-folder.ts';
import { PARENT_NAME } from './group-name.ts';
import { isRefusal } from './is-refusal.ts';
import { enableControllers } from './v2.ts';

const NEEDED = ['memory', 'pids'];

/** Where processes move that must leave their group so that it may have children. */
const SUPERVISOR_NAME = 'mayfly-supervisor';

/**
 * Finds a group of cgroup v2 under which runs can be put: the own one or the nearest above it that
 * may be written and hands memory and pids down. Null when there is none.
 *
 * A group that holds processes cannot hand controllers down. If our own one was given to us alone
 * (a service with `Delegate=yes` and a user, a container), its processes move one step down.
 */
export function findV2Base(root: ControlFolder, ownPath: string): ControlFolder | null {
  const own = descend(root, ownPath);
  const groups = [own, ...ancestors(root, ownPath)];
  const usable = groups.find(isUsable);
  if (usable !== undefined) return usable;
  return isGivenToUs(own, ownPath) && moveDown(own) && isUsable(own) ? own : null;
}

/**
 * True when no process but the worker's own can be meant by this group: an ordinary user may write
 * it, or it is the top of a container. (The top of the machine has no `cgroup.events`.)
 */
function isGivenToUs(own: ControlFolder, ownPath: string): boolean {
  if (!isWritable(own.path) || !own.has('cgroup.events')) return false;
  const available = own.read('cgroup.controllers').trim().split(' ');
  if (!NEEDED.every((name) => available.includes(name))) return false;
  return ownPath === '/' || process.geteuid?.() !== 0;
}

function descend(root: ControlFolder, path: string): ControlFolder {
  return path
    .split('/')
    .filter(Boolean)
    .reduce((folder, name) => folder.child(name), root);
}

/** Groups above, nearest first. */
function ancestors(root: ControlFolder, path: string): ControlFolder[] {
  const names = path.split('/').filter(Boolean);
  return names.map((_, up) => descend(root, names.slice(0, names.length - 1 - up).join('/')));
}

/** Tries what a run will need: children with controllers, and leave to move processes. */
function isUsable(folder: ControlFolder): boolean {
  if (!isWritable(folder.path) || !isWritable(join(folder.path, 'cgroup.procs'))) return false;
  try {
    enableControllers(folder);
    const enabled = folder.read('cgroup.subtree_control').trim().split(' ');
    if (!NEEDED.every((name) => enabled.includes(name))) return false;
    folder.child(PARENT_NAME).make();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** Moves every process of a group into a child of it; false when that is not allowed. */
function moveDown(own: ControlFolder): boolean {
  try {
    const supervisor = own.child(SUPERVISOR_NAME);
    supervisor.make();
    for (const pid of own.readPids()) supervisor.write('cgroup.procs', pid);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
