import { withContender } from '../contenders/open-contender.ts';
import { perSecond } from '../statistics.ts';
import { meter } from '../support/metered.ts';
import { ALL, rateKind, type Load } from './load.ts';

export const backlog: Load = {
  name: 'backlog',
  title: 'Backlog of no-op tasks',
  about:
    'All tasks wait; then the workers start. The clock runs from the end of the first fifth, which warms everybody up, until the last one is recorded as done, which is later than the end of its handler.',
  figures: { rate: rateKind('done') },
  contenders: ALL,
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const { backlogTasks } = ground.sizes;
      await contender.submitBatch(backlogTasks);
      const warmUp = backlogTasks / 5;
      await contender.work();
      await contender.untilStarted(warmUp);
      const usage = meter(ground, contender);
      const from = performance.now();
      await contender.untilDone(backlogTasks);
      return { figures: { rate: perSecond(backlogTasks - warmUp, from) }, usage: usage.read() };
    }),
};
