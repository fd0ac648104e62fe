import { existsSync } from 'node:fs';

import type { Account } from './account.ts';
import { runTool } from './run-tool.ts';
import { messageOf } from './unavailable.ts';

/** The three folders that the server uses. */
export interface Folders {
  /** The binaries: `bin`, `lib`, `share`. */
  native: string;
  cluster: string;
  socket: string;
}

/** Under which paths the server sees its folders, and the command prefix that makes it so. */
export interface Stage {
  seen: Folders;
  enter: string[];
}

export type StageBuilder = (real: Folders) => Stage;

/** Real paths, for whoever can reach them. */
export const direct: StageBuilder = (real) => ({ seen: real, enter: [] });

/** Folders that systems have and that the server does not need. */
const MOUNT_POINTS = ['/mnt', '/media', '/srv', '/opt', '/home', '/root'];

const BIND = `
  set -e
  at=$1 native=$2 cluster=$3 socket=$4
  shift 4
  mount -t tmpfs -o mode=0755,size=1m mayfly "$at"
  mkdir "$at/native" "$at/cluster" "$at/socket"
  mount --bind "$native" "$at/native"
  mount --bind "$cluster" "$at/cluster"
  mount --bind "$socket" "$at/socket"
  exec "$@"`;

/**
 * Mounts the folders at short paths which exist for the server only, when root keeps them below a
 * folder such as /root that the server's account must not enter. Nothing changes for anybody else:
 * neither a permission nor the data's place.
 */
export const privateMounts: StageBuilder = (real) => {
  const folders = [real.native, real.cluster, real.socket];
  const hides = (point: string): boolean =>
    folders.some((path) => `${path}/`.startsWith(`${point}/`));
  const at = MOUNT_POINTS.find((point) => existsSync(point) && !hides(point)) ?? '/mnt';
  return {
    seen: { native: `${at}/native`, cluster: `${at}/cluster`, socket: `${at}/socket` },
    enter: [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '--',
      'sh',
      '-c',
      BIND,
      'mayfly',
      at,
      ...folders,
    ],
  };
};

/** What the account can do on a stage. `failure` is told when the stage could not be entered. */
export interface Reach {
  binaries: boolean;
  data: boolean;
  failure?: string;
}

const PROBE = `
  answer=16
  test -x "$1/bin/postgres" && test -r "$1/share/postgresql/postgres.bki" &&
    test -r "$1/lib/libcrypto.so.1.1" || answer=$((answer + 1))
  test -w "$2" && test -x "$2" && test -w "$3" && test -x "$3" || answer=$((answer + 2))
  exit $answer`;

/** Tries a stage for real: enters it as the account and looks at the folders. */
export async function probeStage({ enter, seen }: Stage, account: Account): Promise<Reach> {
  const look = ['sh', '-c', PROBE, 'mayfly', seen.native, seen.cluster, seen.socket];
  const { code, stderr } = await runTool([
    ...enter,
    'setpriv',
    ...identity(account),
    '--',
    ...look,
  ]);
  if (code === null || code < 16 || code > 19) {
    return { binaries: false, data: false, failure: messageOf(stderr) };
  }
  return { binaries: (code & 1) === 0, data: (code & 2) === 0 };
}

/** The options of `setpriv` that make a process the account's. */
export function identity({ uid, gid }: Account): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
}
