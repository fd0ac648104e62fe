import { runTool } from './run-tool.ts';
import { messageOf, unavailable } from './unavailable.ts';

/** What still writes there, such as a dying server, is soon done. */
const ATTEMPTS = 10;

/**
 * Removes a folder with all that is in it; nothing to do when there is none. By `rm`, which root can
 * use in a folder of another account: that cannot lure it elsewhere with a link.
 */
export async function removeFolder(path: string): Promise<void> {
  let failure = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { code, stderr } = await runTool(['rm', '-rf', '--', path]);
    if (code === 0) return;
    failure = messageOf(stderr);
  }
  throw unavailable(`The folder ${path} cannot be removed (${failure}): remove it by hand.`);
}
