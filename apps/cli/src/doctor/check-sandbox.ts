import { MayflyError } from '@mayfly/contracts';
import { openCodeSandbox, type CodeSandbox } from '@mayfly/worker';
import { ok, type Check } from './check.ts';

const NAME = 'Sandbox';

/** The sandbox, and each language: all of them are tried with a real program. */
export async function checkSandbox(): Promise<Check[]> {
  let sandbox: CodeSandbox;
  try {
    sandbox = await openCodeSandbox();
  } catch (error) {
    const { message } = MayflyError.from(error);
    return [{ name: NAME, state: 'missing', detail: `no code can run: ${message}`, remedy: null }];
  }
  const { info, runtimes, missing } = sandbox;
  await sandbox.close();
  const kind = `${info.kind}, cgroups ${info.cgroups}`;
  return [
    ok(NAME, kind),
    ...info.weakened.map((detail): Check => ({
      name: NAME,
      state: 'missing',
      detail,
      remedy: null,
    })),
    ...runtimes.map(({ name, version }) => ok(name, version)),
    ...missing.map(({ name, reason, remedy }): Check => ({
      name,
      state: 'missing',
      detail: reason,
      remedy,
    })),
  ];
}
