import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { ProgramSpec } from '../sandbox.ts';
import { buildArguments } from './arguments.ts';
import type { HostLayout } from './host-layout.ts';
import { LaunchedBwrap, type OutputHandlers } from './launched-bwrap.ts';
import type { Pipe } from './pipe-supply.ts';
import { StdioPlan } from './stdio-plan.ts';
import { buildWrapperCommand, WRAPPER_FDS } from './wrapper.ts';

/** What stays the same for all runs of one sandbox. */
export interface LaunchSettings {
  bwrapPath: string;
  layout: HostLayout;
  seccompFilter: Uint8Array;
  /** Descriptors from outside that must not reach a program. */
  inheritedFds: readonly number[];
  devNull: number;
}

export interface LaunchRequest {
  spec: ProgramSpec;
  /** Null: as the user of this process. */
  uid: number | null;
  /** Files into which the new process writes 0 before it becomes bwrap, to enter its group. */
  entrances: readonly string[];
  processRlimit: number | null;
  stdout: Pipe;
  stderr: Pipe;
  handlers: OutputHandlers;
}

/** Starts bwrap for one program. Throws when there is no process to be had. */
export function launch(settings: LaunchSettings, request: LaunchRequest): LaunchedBwrap {
  const plan = new StdioPlan();
  plan.set(WRAPPER_FDS.stdout, request.stdout.writer);
  plan.set(WRAPPER_FDS.report, 'pipe');
  plan.set(WRAPPER_FDS.stderr, request.stderr.writer);
  plan.set(WRAPPER_FDS.gate, 'pipe');
  if (request.spec.artifact !== null) plan.set(WRAPPER_FDS.artifact, 'pipe');
  const infoFd = plan.addPipe();
  const blockFd = plan.addPipe();
  const args = buildArguments({
    ...settings,
    spec: request.spec,
    infoFd,
    blockFd,
    feed: (content) => plan.addContent(content),
  });
  const argsFd = plan.addContent(args.map((arg) => `${arg}\0`).join(''));
  const child = spawnBwrap(settings, request, plan, argsFd);
  return new LaunchedBwrap(child, request.handlers, {
    info: infoFd,
    block: blockFd,
    stdout: request.stdout.reader,
    stderr: request.stderr.reader,
    hasArtifact: request.spec.artifact !== null,
  });
}

function spawnBwrap(
  settings: LaunchSettings,
  request: LaunchRequest,
  plan: StdioPlan,
  argsFd: number,
): ChildProcess {
  const inherited = plan.coverInherited(settings.inheritedFds, settings.devNull);
  const command = [
    settings.bwrapPath,
    // bwrap reads arguments from each, finds none, and closes it.
    ...inherited.flatMap((fd) => ['--args', String(fd)]),
    '--args',
    String(argsFd),
    '--',
    ...buildWrapperCommand(request.spec, request.processRlimit),
  ];
  try {
    const [path, ...args] = enterFirst(request.entrances, command);
    return plan.spawn(path ?? settings.bwrapPath, args, {
      env: {},
      cwd: '/',
      // A session of its own, so that Ctrl-C on the worker's terminal does not reach it.
      detached: true,
      ...(request.uid === null ? {} : { uid: request.uid, gid: request.uid }),
    });
  } catch (error) {
    closeSync(request.stdout.reader);
    closeSync(request.stderr.reader);
    throw error;
  } finally {
    closeSync(request.stdout.writer);
    closeSync(request.stderr.writer);
  }
}

const ENTER_SCRIPT = `
while [ "$1" != -- ]; do
  echo 0 >"$1" || exit 1
  shift
done
shift
exec "$@"
`;

/** A command line that enters a group and then becomes `command`. */
function enterFirst(entrances: readonly string[], command: readonly string[]): readonly string[] {
  if (entrances.length === 0) return command;
  return ['/bin/sh', '-c', ENTER_SCRIPT, 'sh', ...entrances, '--', ...command];
}
