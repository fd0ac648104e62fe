import { withContender } from '../contenders/open-contender.ts';
import { perSecond } from '../statistics.ts';
import { closedLoop } from '../support/closed-loop.ts';
import { meter } from '../support/metered.ts';
import { rateKind, type Load } from './load.ts';

const WARM_UP_MS = 300;

/** Short enough for each run of the tests; only the guard against slow-down has it run. */
export const guard: Load = {
  name: 'guard',
  title: 'Guard against slow-down',
  about: 'Single submissions, 64 in flight; then all that waits is worked off.',
  figures: { submit: rateKind('submitted'), backlog: rateKind('done') },
  contenders: ['mayfly', 'graphile-worker'],
  sizes: [],
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const { backlogTasks, submitMs } = ground.sizes;
      const call = (): Promise<void> => contender.submitOne();
      let submitted = 0;
      const counted = (): Promise<void> => {
        submitted++;
        return call();
      };
      await closedLoop(counted, { inFlight: 64, ms: WARM_UP_MS });
      const usage = meter(ground, contender);
      const submit = await closedLoop(counted, { inFlight: 64, ms: submitMs });
      await contender.submitBatch(backlogTasks);
      const all = submitted + backlogTasks;
      await contender.work();
      await contender.untilStarted(all / 5);
      const from = performance.now();
      await contender.untilDone(all);
      const backlog = perSecond(all * (4 / 5), from);
      return { figures: { submit, backlog }, usage: usage.read() };
    }),
};
