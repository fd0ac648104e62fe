import type { Contender } from '../contenders/contender.ts';
import { withContender } from '../contenders/open-contender.ts';
import { durations } from '../statistics.ts';
import { closedLoop, openLoop } from '../support/closed-loop.ts';
import { meter } from '../support/metered.ts';
import { ALL, durationKinds, rateKind, type Load } from './load.ts';

const WARM_UP_PROBES = 20;
/** What a contender takes in while its workers run: half of that is half load. */
const CAPACITY = { inFlight: 64, ms: 700 };
const PAUSE_MS = 5;

export const latency: Load = {
  name: 'latency',
  title: 'Submit to start',
  about:
    'From the call that submits a task to the first line of its handler. Idle: one task at a time. Half load: half of what the contender itself takes in at 64 in flight while its workers run.',
  figures: {
    ...durationKinds('idle', 'idle'),
    ...durationKinds('half', 'half load'),
    halfRate: rateKind('that half load'),
  },
  contenders: ALL,
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const { latencyProbes, latencyMs } = ground.sizes;
      await contender.work();
      await probe(contender, WARM_UP_PROBES, latencyMs);
      const idle = await probe(contender, latencyProbes, latencyMs);
      const capacity = await closedLoop(() => contender.submitOne(), CAPACITY);
      // What has piled up must be gone: a probe comes after all that waits.
      await contender.submitToStart();
      const usage = meter(ground, contender);
      let half: number[] = [];
      const probing = probe(contender, latencyProbes, latencyMs).then((times) => {
        half = times;
      });
      await openLoop(() => contender.submitOne(), { perSecond: capacity / 2, until: probing });
      const figures = {
        ...durations('idle', idle),
        ...durations('half', half),
        halfRate: capacity / 2,
      };
      return { figures, usage: usage.read() };
    }),
};

/** One after the other, until there are enough or the time is over. */
async function probe(contender: Contender, count: number, ms: number): Promise<number[]> {
  const times: number[] = [];
  const from = performance.now();
  while (times.length < count && (times.length === 0 || performance.now() - from < ms)) {
    times.push(await contender.submitToStart());
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return times;
}
