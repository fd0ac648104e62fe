/** A worker of its own for tests: runs the program that it gets as an argument, and says so. */
import { createBubblewrapSandbox } from '../../src/index.ts';
import { openLab } from '../support/lab.ts';
import { TEST_UID_BASE, TEST_UID_COUNT } from '../support/leftovers.ts';

const sandbox = await createBubblewrapSandbox({ uidBase: TEST_UID_BASE, uidCount: TEST_UID_COUNT });
const [runtime = '', code = ''] = process.argv.slice(2);
const { runner } = await openLab(sandbox, [runtime]);
const run = runner.start(
  { runtime, code },
  { onOutput: (_, chunk) => process.stdout.write(chunk) },
);
const { result } = await run.done;
await sandbox.close();
process.exitCode = result.exitCode ?? 1;
