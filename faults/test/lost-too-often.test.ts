import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const LOSSES = 5;

describe.runIf(hasPostgres)('a task whose workers die', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 1, workers: 2, code: false });
  });

  afterAll(() => cluster?.close());

  it('fails with attempt.lost_too_often after five of them, and kills no sixth', async () => {
    const scenario = new Scenario(cluster);
    const task = await scenario.submit(scenario.work('fault.process', 50_000));
    for (let attempt = 1; attempt <= LOSSES; attempt++) {
      const worker = await scenario.begun(task, attempt);
      await worker.kill();
      worker.begin();
    }
    const { broken, attempts, history } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(attempts).toEqual({ lost: LOSSES });
    expect(history.places).toMatchObject([
      { status: 'failed', errorCode: 'attempt.lost_too_often' },
    ]);
    const begun = new Set(scenario.journal().map((line) => line.attempt));
    expect(begun).toEqual(new Set([1, 2, 3, 4, 5]));
  }, 180_000);
});
