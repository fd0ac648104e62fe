import type { RuntimeInfo, SandboxInfo } from '@mayfly/contracts';
import {
  createBubblewrapSandbox,
  createCodeRunner,
  describeRuntime,
  probeRuntimes,
  type CodeRunner,
  type MissingRuntime,
} from '@mayfly/sandbox';

/** The sandbox of this machine, with the languages that were found working in it. */
export interface CodeSandbox {
  info: SandboxInfo;
  runner: CodeRunner;
  runtimes: RuntimeInfo[];
  missing: MissingRuntime[];
  close(): Promise<void>;
}

/** @throws MayflyError `sandbox.unavailable` with the command that mends the machine */
export async function openCodeSandbox(): Promise<CodeSandbox> {
  const sandbox = await createBubblewrapSandbox();
  try {
    const { working, missing } = await probeRuntimes({ sandbox });
    return {
      info: sandbox.info,
      runner: createCodeRunner({ sandbox, runtimes: working }),
      runtimes: working.map(describeRuntime),
      missing,
      close: () => sandbox.close(),
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
