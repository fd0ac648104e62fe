import { join } from 'node:path';

import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { chooseStage } from './choose-stage.ts';
import { findCluster, initdbArguments, makeFreshFolder, placeCluster } from './cluster.ts';
import { explainFailure } from './explain-failure.ts';
import type { LaunchPad } from './launch.ts';
import { type LibraryLink, makeLibraryLinks, makeLinksElsewhere } from './library-links.ts';
import { Program } from './program.ts';
import { removeFolder } from './remove-folder.ts';
import type { ServerLog } from './server-log.ts';
import { LINKS_NAME } from './socket-folder.ts';
import { direct } from './stage.ts';

export interface PrepareOptions {
  binaries: Binaries;
  /** Where a copy of the binaries may be kept. */
  cacheDir: string;
  account: Account | null;
  dataDir: string;
  cluster: string;
  socketFolder: string;
  durable: boolean;
  serverLog: ServerLog;
  log: (line: string) => void;
}

/** Makes the cluster when there is none yet; returns how to start its server. */
export async function prepareCluster(options: PrepareOptions): Promise<LaunchPad> {
  const { account, binaries, cluster, dataDir, log } = options;
  const missing = await makeLibraryLinks(binaries.native);
  if (await findCluster(cluster, account, binaries.major)) {
    return (await layPad(options, cluster, missing))(cluster);
  }
  const as = account === null ? '' : ` as the account ${account.name}`;
  log(`Making the database in ${cluster}${as}`);
  const fresh = await makeFreshFolder(dataDir, account);
  try {
    const padFor = await layPad(options, fresh, missing);
    await runInitdb(padFor(fresh), options);
    await placeCluster(fresh, cluster);
    return padFor(cluster);
  } finally {
    await removeFolder(fresh);
  }
}

/** `probed` is the folder that is there now: the cluster, or the one that becomes the cluster. */
async function layPad(
  options: PrepareOptions,
  probed: string,
  missing: LibraryLink[],
): Promise<(cluster: string) => LaunchPad> {
  const { account, binaries, cacheDir, socketFolder } = options;
  const folders = { native: binaries.native, cluster: probed, socket: socketFolder };
  const complete = missing.length === 0;
  if (account !== null) {
    const { build, native } = await chooseStage({ account, binaries, complete, folders, cacheDir });
    return (cluster) => ({ account, stage: build({ ...folders, native, cluster }) });
  }
  const own = (cluster: string): LaunchPad => ({ account, stage: direct({ ...folders, cluster }) });
  if (complete) return own;
  const folder = join(socketFolder, LINKS_NAME);
  const libraryPath = await makeLinksElsewhere(binaries.native, missing, folder);
  return (cluster) => ({ ...own(cluster), libraryPath });
}

async function runInitdb(pad: LaunchPad, { durable, serverLog }: PrepareOptions): Promise<void> {
  const { native, cluster } = pad.stage.seen;
  const argv = [join(native, 'bin', 'initdb'), ...initdbArguments(cluster, durable)];
  const output = serverLog.descriptor;
  serverLog.mark();
  const initdb = await Program.start(pad, argv, { deathSignal: 'SIGKILL', output });
  const ended = await initdb.ended;
  if (ended.code !== 0) throw await explainFailure('Making the database', ended, serverLog);
}
