import type { Contender } from './contender.ts';

/** One figure of one run. For rates more is better, for times less. */
export type Figures = Record<string, number>;

const SINGLES = 4000;
const SINGLES_IN_FLIGHT = 64;
const BATCH = 5000;
const LATENCIES = 200;

/** Runs every load on a fresh contender. @param backlog tasks of the backlog load */
export async function measure(contender: Contender, backlog: number): Promise<Figures> {
  const figures: Figures = {};
  figures['single submissions, 64 in flight (tasks/s)'] = await singles(contender);
  figures['batch submission (tasks/s)'] = await batches(contender, backlog - SINGLES);
  const from = performance.now();
  await contender.drain(backlog);
  figures['backlog of no-op tasks (tasks/s)'] = perSecond(backlog, from);
  const times: number[] = [];
  for (let n = 0; n < LATENCIES; n++) times.push(await contender.submitToStart());
  times.sort((a, b) => a - b);
  figures['submit to start, idle, p50 (ms)'] = quantile(times, 0.5);
  figures['submit to start, idle, p99 (ms)'] = quantile(times, 0.99);
  return figures;
}

async function singles(contender: Contender): Promise<number> {
  const from = performance.now();
  let started = 0;
  const submit = async (): Promise<void> => {
    while (started++ < SINGLES) await contender.submitOne();
  };
  await Promise.all(Array.from({ length: SINGLES_IN_FLIGHT }, submit));
  return perSecond(SINGLES, from);
}

async function batches(contender: Contender, count: number): Promise<number> {
  const from = performance.now();
  for (let left = count; left > 0; left -= BATCH)
    await contender.submitBatch(Math.min(BATCH, left));
  return perSecond(count, from);
}

function perSecond(count: number, from: number): number {
  return count / ((performance.now() - from) / 1000);
}

export function quantile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
