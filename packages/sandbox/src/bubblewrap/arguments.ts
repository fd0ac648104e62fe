import type { ProgramFile, ProgramSpec } from '../sandbox.ts';
import type { HostLayout } from './host-layout.ts';

const WORK_FOLDER = '/work';

/** Where the standard input of the program lies inside, as a file: seekable and never a socket. */
export const STDIN_PATH = '/run/stdin';

/** User and group id of every program, as it sees itself. */
const INNER_ID = '1000';

const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

const BASE_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: WORK_FOLDER,
  LANG: 'C.UTF-8',
};

const ETC_FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/:/bin/false\nuser:x:${INNER_ID}:${INNER_ID}:user:${WORK_FOLDER}:/bin/sh\n`,
  '/etc/group': `root:x:0:\nuser:x:${INNER_ID}:\n`,
  '/etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
};

/** Hands content to bwrap and returns the descriptor from which bwrap reads it. */
type Feed = (content: Uint8Array | string) => number;

interface Inputs {
  spec: ProgramSpec;
  layout: HostLayout;
  seccompFilter: Uint8Array;
  infoFd: number;
  blockFd: number;
  feed: Feed;
}

/**
 * The arguments of bwrap for one run. Order matters: bwrap performs them one after the other, so
 * a folder is made read-only after what goes into it.
 */
export function buildArguments(inputs: Inputs): string[] {
  const { spec, layout, feed } = inputs;
  const options: string[][] = [
    ...ISOLATION,
    [...layout.systemFolders],
    ...spec.mounts.map(({ source, target }) => ['--ro-bind', source, target]),
    ...Object.entries(ETC_FILES).map(([path, text]) => placeFile(path, '0444', feed(text))),
    ...describeScratchFolders(spec.limits.diskBytes, layout.hiddenFiles),
    spec.stdin.length > 0 ? placeFile(STDIN_PATH, '0444', feed(spec.stdin)) : [],
    ...spec.files.map((file) => placeWorkFile(file, feed)),
    ['--remount-ro', '/'],
    ['--chdir', WORK_FOLDER],
    ['--clearenv'],
    ...Object.entries(BASE_ENV).map(([name, value]) => ['--setenv', name, value]),
    ['--seccomp', String(feed(inputs.seccompFilter))],
    ['--info-fd', String(inputs.infoFd)],
    ['--block-fd', String(inputs.blockFd)],
  ];
  return options.flat();
}

const ISOLATION: readonly string[][] = [
  ['--unshare-all'],
  ['--unshare-user'],
  ['--disable-userns'],
  ['--die-with-parent'],
  // The wrapper is the init of the pid namespace: when it ends, the kernel kills all the rest, and
  // bwrap does not return before they are dead.
  ['--as-pid-1'],
  ['--new-session'],
  ['--hostname', 'sandbox'],
  ['--uid', INNER_ID],
  ['--gid', INNER_ID],
  ['--cap-drop', 'ALL'],
];

function describeScratchFolders(diskBytes: number, hidden: readonly string[]): string[][] {
  return [
    ['--proc', '/proc'],
    [...hidden],
    ['--remount-ro', '/proc'],
    ['--dev', '/dev'],
    sizedFolder('/dev/shm', SHARED_MEMORY_BYTES, '1777'),
    ['--remount-ro', '/dev'],
    sizedFolder('/tmp', diskBytes, '1777'),
    sizedFolder(WORK_FOLDER, diskBytes, '0755'),
  ];
}

function sizedFolder(path: string, bytes: number, mode: string): string[] {
  return ['--size', String(bytes), '--perms', mode, '--tmpfs', path];
}

function placeWorkFile(file: ProgramFile, feed: Feed): string[] {
  const mode = file.executable ? '0755' : '0644';
  return placeFile(`${WORK_FOLDER}/${file.path}`, mode, feed(file.content));
}

function placeFile(path: string, mode: string, fd: number): string[] {
  return ['--perms', mode, '--file', String(fd), path];
}
