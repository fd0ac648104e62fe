import { setTimeout as pause } from 'node:timers/promises';
import { drawFault, type Fault } from './catalog.ts';
import { check, type Evidence, type Verdict } from './checker.ts';
import { Cluster } from './cluster.ts';
import { countUnfinished, readHistory } from './history.ts';
import { monotonicMs, readJournals } from './journal.ts';
import { Load } from './load.ts';
import { SeededRandom } from './random.ts';
import { StallWatch, type Stall } from './stalls.ts';

export interface RunOptions {
  seed: number;
  minutes: number;
  servers: number;
  workers: number;
  /** Submissions that are under way at one time. */
  lines: number;
  code: boolean;
  /** What a busy machine may add to the times that are promised. */
  slackMs: number;
  say: (line: string) => void;
}

export interface Report extends Judgement {
  seed: number;
  minutes: number;
  faults: Record<string, number>;
  refusedSubmissions: number;
  slackMs: number;
  stalls: { count: number; totalMs: number; worstMs: number };
  unmeantDeaths: string[];
}

const PAUSE_MS = 400;

/** Once all is well again, tasks finish one after the other; after so long without one they do not. */
const STANDSTILL_MS_MAX = 60_000;

/** Runs a cluster under load and faults, lets it come to rest, and checks what was promised. */
export async function runFaults(options: RunOptions): Promise<Report> {
  const { seed, servers, workers, lines, code, slackMs, say } = options;
  const watch = new StallWatch();
  await using undo = new AsyncDisposableStack();
  undo.defer(() => watch.stop());
  const cluster = await Cluster.start({ servers, workers, code });
  try {
    cluster.keepsFiles = true;
    say(`logs and journals: ${cluster.folder}`);
    const load = new Load({ cluster, seed, lines, pauseMs: PAUSE_MS, code });
    load.start();
    const { counts, outages } = await raiseHell(cluster, options);
    await load.stop();
    say('all faults are over; waiting for the last tasks');
    for (const worker of cluster.workers) if (!worker.runs) await worker.start();
    const verdict = await judge(cluster, load, { outages, slackMs, stalls: watch.stalls });
    const unmeantDeaths = cluster.servers.flatMap(({ name, deaths }) =>
      deaths.filter(({ meant }) => !meant).map(() => `${name} ended by itself`),
    );
    verdict.broken.push(...unmeantDeaths);
    cluster.keepsFiles = verdict.broken.length > 0;
    const { minutes } = options;
    const refusedSubmissions = load.refused;
    const stalls = describeStalls(watch.stalls);
    const about = {
      seed,
      minutes,
      slackMs,
      faults: counts,
      refusedSubmissions,
      unmeantDeaths,
      stalls,
    };
    return { ...about, ...verdict };
  } finally {
    await cluster.close();
  }
}

interface Judgement extends Verdict {
  settledAfterMs: number;
}

/** Lets everything come to its end, and checks it. */
export async function judge(
  cluster: Cluster,
  load: Load,
  { outages, slackMs, stalls = [] }: Pick<Evidence, 'outages' | 'slackMs' | 'stalls'>,
): Promise<Judgement> {
  const settledAfterMs = await settle(cluster);
  const verdict = check({
    accepted: load.accepted,
    history: await readHistory(cluster.postgres.url),
    journal: readJournals(cluster.journal),
    deaths: cluster.workers.flatMap(({ deaths }) => deaths),
    outages,
    stalls,
    slackMs,
  });
  return { settledAfterMs, ...verdict };
}

function describeStalls(stalls: Stall[]): Report['stalls'] {
  const lengths = stalls.map(({ fromMono, toMono }) => Math.round(toMono - fromMono));
  const totalMs = lengths.reduce((sum, ms) => sum + ms, 0);
  return { count: stalls.length, totalMs, worstMs: Math.max(0, ...lengths) };
}

interface Hell {
  counts: Record<string, number>;
  outages: Evidence['outages'];
}

/** One fault after the other, two at a time now and then, as the seed decides. */
async function raiseHell(cluster: Cluster, { seed, minutes, say }: RunOptions): Promise<Hell> {
  const random = new SeededRandom(seed);
  const counts: Record<string, number> = {};
  const outages: Hell['outages'] = [];
  const startedAt = monotonicMs();
  const endAt = startedAt + minutes * 60_000;
  const run = async (fault: Fault): Promise<void> => {
    const fromMono = monotonicMs();
    say(`${((fromMono - startedAt) / 1000).toFixed(1).padStart(6)} s  ${fault.name}`);
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    await fault.run(cluster, random);
    if (fault.isOutage) outages.push({ fromMono, toMono: monotonicMs() + RECOVERY_MS });
  };
  while (monotonicMs() < endAt) {
    await pause(random.int(300, 2500));
    await run(drawFault(random));
    for (const worker of cluster.workers) if (!worker.runs) worker.begin();
  }
  return { counts, outages };
}

/** Workers come back to a server, or fence themselves and begin anew, within this time. */
const RECOVERY_MS = 8000;

async function settle(cluster: Cluster): Promise<number> {
  const from = monotonicMs();
  let fewest = Number.POSITIVE_INFINITY;
  let progressAt = from;
  while (monotonicMs() - progressAt < STANDSTILL_MS_MAX) {
    const unfinished = await countUnfinished(cluster.postgres.url);
    if (unfinished === 0) break;
    if (unfinished < fewest) progressAt = monotonicMs();
    fewest = Math.min(fewest, unfinished);
    await pause(500);
  }
  // Last words of attempts that were handed on get the time to be written down.
  await pause(1000);
  return Math.round(monotonicMs() - from);
}
