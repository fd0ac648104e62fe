import { createClient } from '@mayfly/client';
import { connectionUrl } from '../contenders/connection-url.ts';
import { durations } from '../statistics.ts';
import { API_KEY } from '../support/mayfly-in-process.ts';
import { MayflyProcess } from '../support/mayfly-process.ts';
import { meter } from '../support/metered.ts';
import { durationKinds, type Ground, type Load, type Measured } from './load.ts';

const TYPE = 'bench.endless';

export const cancel: Load = {
  name: 'cancel',
  title: 'Cancel from another server',
  about:
    'A worker on one server runs a handler in a process of its own that never yields; the cancel goes to another server. From the call of the cancel to the confirmed death of the process tree, by the attempt’s own record; one task at a time.',
  figures: durationKinds('dead', 'dead after'),
  contenders: ['mayfly-apart'],
  once: true,
  async measure(ground) {
    const url = connectionUrl(ground.database);
    const started: MayflyProcess[] = [];
    const start = async (launch: Promise<MayflyProcess>): Promise<MayflyProcess> => {
      const launched = await launch;
      started.unshift(launched);
      return launched;
    };
    try {
      const near = await start(MayflyProcess.server(url));
      const far = await start(MayflyProcess.server(url));
      const worker = await start(MayflyProcess.worker(near.url, [TYPE], 2));
      return await cancelAll(ground, { near, far, worker });
    } finally {
      for (const one of started) await one.close();
    }
  },
};

interface Nodes {
  near: MayflyProcess;
  far: MayflyProcess;
  worker: MayflyProcess;
}

async function cancelAll(ground: Ground, { near, far, worker }: Nodes): Promise<Measured> {
  const [here, there] = [near, far].map(({ url }) => createClient({ url, apiKey: API_KEY }));
  if (!here || !there) throw new Error('two servers are needed');
  const processes = new Map([
    ['server', near.pid],
    ['other server', far.pid],
    ['worker', worker.pid],
  ]);
  const usage = meter(ground, { processes });
  const took: number[] = [];
  for (let n = 0; n < ground.sizes.cancels; n++) {
    const { id } = await here.submit({ type: TYPE, ttlMs: 60_000, params: {} });
    while ((await here.status(id)).status !== 'running') await pauseFor(5);
    // Its process is up and spins.
    await pauseFor(100);
    const from = Date.now();
    await there.cancel(id);
    await here.wait(id);
    const [attempt] = await here.attempts(id);
    const confirmedAt = attempt?.stop?.confirmedAt;
    if (!confirmedAt) throw new Error(`the death of task ${id} was not confirmed`);
    took.push(Date.parse(confirmedAt) - from);
  }
  return { figures: durations('dead', took), usage: usage.read() };
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
