import { MayflyError } from '@mayfly/contracts';
import { openCodeSandbox } from '@mayfly/worker';

/** What this machine can run, or why it cannot. */
export async function probeSandbox(): Promise<{ failure: string | null; names: string[] }> {
  try {
    const sandbox = await openCodeSandbox();
    await sandbox.close();
    return { failure: null, names: sandbox.runtimes.map((runtime) => runtime.name) };
  } catch (error) {
    return { failure: MayflyError.from(error).message, names: [] };
  }
}
