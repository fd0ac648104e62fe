import type { ProgramSpec } from '../sandbox.ts';
import { STDIN_PATH } from './arguments.ts';

/** Descriptors of the wrapper. The program gets 0, 1 and 2 only. */
export const WRAPPER_FDS = { stdout: 1, report: 2, stderr: 3, gate: 4, artifact: 5 } as const;

/**
 * The first process of every sandbox, a POSIX shell. It sets the limits of a process, says
 * `ready`, waits for the word to go (and ends when the worker dies before it comes), runs the
 * program as its only child, hands out the artifact, and reports how the program ended.
 *
 * Its own standard error is the report, so what the shell says of a child killed by a signal
 * (`Killed`, `Segmentation fault`) stands between `ready` and `ended`: that tells a signal from a
 * plain `exit 137`. dash says it only for a subshell, bash only for a simple command and outside
 * of its POSIX mode (which is left late, for in it `ulimit -f` counts blocks of 512 bytes).
 *
 * The report is a socket, which a program cannot open through `/proc`.
 */
const SCRIPT = `
umask 022
ulimit -c 0
ulimit -l 0
ulimit -n 1024
ulimit -s 65536
ulimit -f "$1"
ulimit -t "$2"
ulimit -u "$3" 2>/dev/null || ulimit -p "$3"
stdin=$4
artifact=$5
shift 5
echo ready >&2
read -r go <&4 || exit 125
exec 4<&-
if [ -n "$BASH_VERSION" ]; then
  set +o posix
  "$@" <"$stdin" 2>&3 3>&- 5>&-
else
  (exec "$@" <"$stdin" 2>&3 3>&- 5>&-)
fi
code=$?
if [ "$code" -eq 0 ] && [ -n "$artifact" ]; then
  cat <"./$artifact" >&5 && echo copied >&2
fi
echo "ended $code" >&2
times >&2
exit "$code"
`;

/** The wrapper itself is one process of the sandbox. */
export const WRAPPER_PROCESSES = 1;

/** The unit of `ulimit -f` in a POSIX shell. */
const FILE_BLOCK_BYTES = 512;

/** Later than the limit itself, so that the limit by measuring comes first. */
const CPU_BACKSTOP_SECONDS = 1;

/**
 * Command line of the wrapper and, after it, of the program. `processRlimit` counts threads too;
 * null leaves it open.
 */
export function buildWrapperCommand(spec: ProgramSpec, processRlimit: number | null): string[] {
  const { diskBytes, cpuMs } = spec.limits;
  return [
    '/bin/sh',
    '-c',
    SCRIPT,
    'sh',
    // One block more than fits on the disk: a full disk is ENOSPC, not a signal.
    String(Math.ceil(diskBytes / FILE_BLOCK_BYTES) + 1),
    String(Math.ceil(cpuMs / 1000) + CPU_BACKSTOP_SECONDS),
    processRlimit === null ? 'unlimited' : String(processRlimit),
    spec.stdin.length > 0 ? STDIN_PATH : '/dev/null',
    spec.artifact?.path ?? '',
    ...setEnvironment(spec.env),
    ...spec.argv,
  ];
}

/**
 * Variables of the program are set behind the wrapper, so that none of them (`LD_PRELOAD`, …)
 * takes effect in it.
 */
function setEnvironment(env: Readonly<Record<string, string>>): string[] {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? [] : ['/usr/bin/env', ...pairs];
}
