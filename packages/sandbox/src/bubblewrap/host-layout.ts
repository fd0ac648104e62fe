import { existsSync, lstatSync, readlinkSync } from 'node:fs';

/** Folders of `/` that programs expect; on most systems they are links into `/usr`. */
const ROOT_ENTRIES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** All of the host's `/etc` that programs see: how to find libraries and which tool is meant. */
const SHARED_ETC = ['/etc/ld.so.cache', '/etc/alternatives'];

/** What `/proc` tells of the machine and its users that is no business of a program. */
const PRIVATE_PROC = ['/proc/cmdline', '/proc/keys', '/proc/key-users'];

/** bwrap arguments that follow from how this machine is laid out. */
export interface HostLayout {
  /** Shows the system folders read-only. */
  systemFolders: readonly string[];
  /** Hides files of `/proc`; to be performed once `/proc` is mounted. */
  hiddenFiles: readonly string[];
}

export function describeHost(): HostLayout {
  return {
    systemFolders: [
      '--ro-bind',
      '/usr',
      '/usr',
      ...ROOT_ENTRIES.flatMap(describeRootEntry),
      ...SHARED_ETC.flatMap((path) => (existsSync(path) ? ['--ro-bind', path, path] : [])),
    ],
    // A device on a mount without devices cannot be opened.
    hiddenFiles: PRIVATE_PROC.flatMap((path) =>
      existsSync(path) ? ['--ro-bind', '/dev/null', path] : [],
    ),
  };
}

function describeRootEntry(name: string): string[] {
  const path = `/${name}`;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink()) return ['--symlink', readlinkSync(path), path];
  return stat?.isDirectory() ? ['--ro-bind', path, path] : [];
}
