import {
  CODE_RUN,
  MayflyError,
  type Clock,
  type RuntimeInfo,
  type SandboxInfo,
} from '@mayfly/contracts';
import type { Handler } from '../handler/handler.ts';
import { toOperation } from '../handler/to-operation.ts';
import { killOrphans } from '../isolation/kill-tree.ts';
import { createBuiltInOperations } from '../operations/built-in.ts';
import { createCodeOperation } from '../operations/code-run.ts';
import type { Operation } from '../worker/attempt-board.ts';
import { openCodeSandbox, type CodeSandbox } from './code-sandbox.ts';

/** What a worker is to do, of all that this machine can. */
export interface OperationChoice {
  handlers: readonly Handler[];
  /** Only these task types; null: all. */
  types: readonly string[] | null;
  allowPrivateAddresses: boolean;
  /** Environment of handlers in processes of their own. */
  handlerEnvironment: Record<string, string>;
  clock: Clock;
}

/** Everything that a worker of this machine can do. */
export interface OperationSet {
  operations: Operation[];
  runtimes: RuntimeInfo[];
  /** Null: no code runs here. */
  sandbox: SandboxInfo | null;
  /** Why not, with the remedy; null when it does, or was not asked for. */
  sandboxFailure: string | null;
  close(): Promise<void>;
}

/**
 * Gathers the built-in operations, the handlers of the user and `code.run`. A sandbox that this
 * machine cannot give is no error: its reason is told, and the rest works. What handlers of a worker
 * that was killed have left running is ended first.
 *
 * @throws MayflyError `server.cannot_start` for handlers or types that cannot be
 */
export async function createOperations(choice: OperationChoice): Promise<OperationSet> {
  const { clock, allowPrivateAddresses, handlerEnvironment } = choice;
  killOrphans();
  const plain = [
    ...createBuiltInOperations({ clock, allowPrivateAddresses }),
    ...choice.handlers.map((handler) => toOperation(handler, handlerEnvironment)),
  ];
  refuseUnknown(plain, choice.types);
  const isChosen = (name: string): boolean => choice.types?.includes(name) ?? true;
  const operations = plain.filter(({ taskType }) => isChosen(taskType.name));
  if (!isChosen(CODE_RUN)) return withoutCode(operations, null);
  const sandbox = await openCodeSandbox().catch((error: unknown) => MayflyError.from(error));
  if (sandbox instanceof MayflyError) return withoutCode(operations, sandbox.message);
  return withCode(operations, sandbox);
}

function withCode(operations: Operation[], sandbox: CodeSandbox): OperationSet {
  const { info, runtimes, runner } = sandbox;
  return {
    operations: [...operations, createCodeOperation(runner)],
    runtimes,
    sandbox: info,
    sandboxFailure: null,
    close: () => sandbox.close(),
  };
}

function withoutCode(operations: Operation[], sandboxFailure: string | null): OperationSet {
  return {
    operations,
    runtimes: [],
    sandbox: null,
    sandboxFailure,
    close: () => Promise.resolve(),
  };
}

function refuseUnknown(operations: Operation[], types: readonly string[] | null): void {
  const names = [...operations.map(({ taskType }) => taskType.name), CODE_RUN];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw cannotStart(`There are two handlers of the task type ${twice}; rename one of them.`);
  }
  const unknown = types?.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw cannotStart(`There is no task type ${unknown}. There are ${names.sort().join(', ')}.`);
}

function cannotStart(detail: string): MayflyError {
  return new MayflyError('server.cannot_start', detail);
}
