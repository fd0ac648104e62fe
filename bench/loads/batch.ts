import { withContender } from '../contenders/open-contender.ts';
import { perSecond } from '../statistics.ts';
import { meter } from '../support/metered.ts';
import { ALL, rateKind, type Load } from './load.ts';

export const batch: Load = {
  name: 'batch',
  title: 'Batch submission',
  about:
    'One caller stores many tasks, a call after the other: 5000 a call for Mayfly and pg-boss, 1000 for BullMQ, all in one for graphile-worker.',
  figures: { rate: rateKind('stored') },
  contenders: ALL,
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const { batchTasks } = ground.sizes;
      await contender.submitBatch(batchTasks / 2);
      const usage = meter(ground, contender);
      const from = performance.now();
      await contender.submitBatch(batchTasks);
      return { figures: { rate: perSecond(batchTasks, from) }, usage: usage.read() };
    }),
};
