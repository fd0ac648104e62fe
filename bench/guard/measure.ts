import type { ContenderName } from '../contenders/contender.ts';
import { guard } from '../loads/guard.ts';
import type { Figures } from '../loads/load.ts';
import { runOnce } from '../runner/run-once.ts';
import { startServers } from '../runner/servers.ts';
import { SIZES } from '../sizes.ts';
import { ratiosOf, type Ratios } from './judge.ts';

const SIZE = { ...SIZES.quick, backlogTasks: 15_000, submitMs: 500 };

/** Runs Mayfly and graphile-worker in turns. @returns how they stand to each other */
export async function measureRatios(rounds: number): Promise<Ratios> {
  const servers = await startServers();
  try {
    const run = async (contender: ContenderName): Promise<Figures> =>
      (await runOnce(servers, guard, contender, SIZE)).figures;
    const ours: Figures[] = [];
    const theirs: Figures[] = [];
    for (let round = 1; round <= rounds; round++) {
      ours.push(await run('mayfly'));
      theirs.push(await run('graphile-worker'));
    }
    return ratiosOf(ours, theirs);
  } finally {
    await servers.stop();
  }
}
