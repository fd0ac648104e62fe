import { withContender } from '../contenders/open-contender.ts';
import { closedLoop } from '../support/closed-loop.ts';
import { meter } from '../support/metered.ts';
import { ALL, rateKind, type Figures, type Load } from './load.ts';

const IN_FLIGHT = [1, 64, 512];
const BARE = 64;

export const submit: Load = {
  name: 'submit',
  title: 'Single durable submissions',
  about:
    'One task a call, so many calls in flight; no worker runs. PostgreSQL has flushed each task before its call returns; Redis writes its log each second. Mayfly in processes is called through its SDK, and once more by a plain HTTP client, which leaves more of the machine to the server.',
  figures: {
    ...Object.fromEntries(
      IN_FLIGHT.map((inFlight) => [`rate${inFlight}`, rateKind(`${inFlight} in flight`)]),
    ),
    bare: rateKind(`${BARE} in flight, plain HTTP`),
  },
  contenders: ALL,
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const call = (): Promise<void> => contender.submitOne();
      const warmUp = { inFlight: 64, ms: ground.sizes.submitMs };
      await closedLoop(call, warmUp);
      const figures: Figures = {};
      const usage = meter(ground, contender);
      for (const inFlight of IN_FLIGHT) {
        figures[`rate${inFlight}`] = await closedLoop(call, {
          inFlight,
          ms: ground.sizes.submitMs,
        });
      }
      const used = usage.read();
      if (contender.submitBare) {
        const callBare = (): Promise<void> => contender.submitBare?.() ?? Promise.resolve();
        await closedLoop(callBare, warmUp);
        figures['bare'] = await closedLoop(callBare, { inFlight: BARE, ms: ground.sizes.submitMs });
      }
      return { figures, usage: used };
    }),
};
