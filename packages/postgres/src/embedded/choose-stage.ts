import { type Account, cannotBecome } from './account.ts';
import type { Binaries } from './binaries.ts';
import { copyBinaries } from './copy-binaries.ts';
import { direct, type Folders, privateMounts, probeStage, type StageBuilder } from './stage.ts';
import { unavailable } from './unavailable.ts';

/** How the server is to be started: on which stage, and with which copy of the binaries. */
export interface StageChoice {
  build: StageBuilder;
  native: string;
}

interface ChoiceOptions {
  account: Account;
  binaries: Binaries;
  /** False when libraries lack their links and the binaries' folder cannot be written. */
  complete: boolean;
  folders: Folders;
  /** Where binaries are copied to when nothing else helps. */
  cacheDir: string;
}

/**
 * Finds, by trying, a way for root's unprivileged account to reach binaries and data, from the
 * plainest to the most roundabout:
 *
 *     direct → private mounts → direct with copied binaries → private mounts with copied binaries
 *
 * Private mounts need a capability that containers often lack. Binaries can be copied to a place
 * that all can read, the user's data cannot: then an error names the remedy.
 */
export async function chooseStage(options: ChoiceOptions): Promise<StageChoice> {
  const { account, binaries, complete, folders, cacheDir } = options;
  const usable: StageBuilder[] = [];
  const failures: string[] = [];
  for (const build of [direct, privateMounts]) {
    const reach = await probeStage(build(folders), account);
    if (reach.failure !== undefined) failures.push(reach.failure);
    if (reach.data && reach.binaries && complete) return { build, native: folders.native };
    if (reach.data) usable.push(build);
  }
  const [build] = usable;
  if (build === undefined) throw unreachable(account, folders, failures);
  return { build, native: await copyBinaries(binaries, cacheDir) };
}

function unreachable(account: Account, folders: Folders, failures: string[]): Error {
  const [failure] = failures;
  if (failures.length === 2) return cannotBecome(account, failures.join('; '));
  return unavailable(
    `The account ${account.name}, which runs PostgreSQL for root, cannot reach ${folders.cluster}` +
      `${failure === undefined ? '' : `, nor may root mount it elsewhere (${failure})`}: ` +
      'keep the data where it can, such as --data /var/lib/mayfly.',
  );
}
