import type { FinalStatus } from '@mayfly/contracts';
import { expect, it } from 'vitest';
import { ALL, databaseWait, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const URL_ = 'https://example.com/told?a={b},"c"';
const ALL_EVENTS: FinalStatus[] = ['completed', 'failed', 'expired', 'cancelled'];
const told = (...events: FinalStatus[]) => ({ webhook: { url: URL_, events } });

export function webhookSuite(open: Open): void {
  it('are told of the ends that were asked for, in the transaction of the end', async () => {
    await using fixture = await open();
    const { webhooks } = fixture.store;
    const id = await fixture.submit(told('completed'));
    const deaf = await fixture.submit(told('failed', 'expired'));
    expect(await fixture.task(id)).toMatchObject(told('completed'));
    const attempts = await fixture.claim(2);
    expect(await webhooks.list(id)).toEqual([]);
    for (const attempt of attempts) await fixture.settle(attempt, 'completed');
    expect(await webhooks.list(id)).toMatchObject([
      { url: URL_, event: 'completed', state: 'waiting', attempts: 0, lastTriedAt: null },
    ]);
    expect(await webhooks.list(deaf)).toEqual([]);
  });

  it('are told of tasks that end while they wait, and of those that are cancelled for them', async () => {
    await using fixture = await open();
    const { webhooks, control, keeper } = fixture.store;
    const cancelled = await fixture.submit(told(...ALL_EVENTS));
    const dependent = await fixture.submit({ ...told('cancelled'), after: [cancelled] });
    const expired = await fixture.submit({ ...told('expired'), queueTtlMs: 1 });
    await control.cancel([cancelled], ALL);
    const tooLate = await fixture.submit({ ...told('cancelled'), after: [cancelled] });
    await databaseWait(fixture.store, 5);
    await keeper.expireWaiting([{ taskId: expired, limit: 'queue' }]);
    for (const [id, event] of [
      [cancelled, 'cancelled'],
      [dependent, 'cancelled'],
      [tooLate, 'cancelled'],
      [expired, 'expired'],
    ] as const) {
      expect((await webhooks.list(id)).map((delivery) => delivery.event)).toEqual([event]);
    }
  });

  it('are not told of an attempt after which the task runs again, and of each end once', async () => {
    await using fixture = await open();
    const id = await fixture.submit(told(...ALL_EVENTS));
    await fixture.settle(await fixture.claimOne(), 'failed', { status: null, failures: 1 });
    expect(await fixture.store.webhooks.list(id)).toEqual([]);
    await fixture.settle(await fixture.claimOne(), 'failed');
    await fixture.store.control.retry([id], ALL, 0);
    await fixture.settle(await fixture.claimOne(), 'completed');
    const deliveries = await fixture.store.webhooks.list(id);
    expect(deliveries.map((delivery) => delivery.event)).toEqual(['completed', 'failed']);
  });

  it('are with one server at a time, and come back when that one dies', async () => {
    await using fixture = await open();
    const { webhooks } = fixture.store;
    const ids = await Promise.all([1, 2, 3, 4].map(() => fixture.submit(told('completed'))));
    for (const attempt of await fixture.claim(4)) await fixture.settle(attempt, 'completed');
    const claims = await Promise.all([1, 2, 3].map(() => webhooks.claim(2, 60_000)));
    const taken = claims.flat();
    expect(taken.map(({ taskId }) => taskId).toSorted()).toEqual(ids.toSorted());
    expect(await webhooks.claim(10, 1)).toEqual([]);
    const [first] = taken;
    await webhooks.end({
      id: first!.id,
      attempt: 1,
      delivered: false,
      status: 500,
      error: 'no',
      nextInMs: 1,
    });
    await databaseWait(fixture.store, 5);
    expect(await webhooks.claim(10, 1)).toMatchObject([{ id: first!.id, attempt: 2 }]);
    await databaseWait(fixture.store, 5);
    expect(await webhooks.claim(10, 60_000)).toMatchObject([{ id: first!.id, attempt: 3 }]);
  });

  it('keep how each try went; a try that was overtaken changes nothing', async () => {
    await using fixture = await open();
    const { webhooks } = fixture.store;
    const id = await fixture.submit(told('completed'));
    await fixture.settle(await fixture.claimOne(), 'completed');
    const [first] = await webhooks.claim(1, 1);
    await databaseWait(fixture.store, 5);
    const [second] = await webhooks.claim(1, 60_000);
    const base = { id: first!.id, error: null, nextInMs: null };
    await webhooks.end({ ...base, attempt: first!.attempt, delivered: false, status: 404 });
    expect(await webhooks.list(id)).toMatchObject([{ state: 'waiting', lastStatus: null }]);
    await webhooks.end({ ...base, attempt: second!.attempt, delivered: true, status: 204 });
    expect(await webhooks.list(id)).toMatchObject([
      { state: 'delivered', attempts: 2, lastStatus: 204, nextTryAt: null },
    ]);
    await fixture.store.control.remove([id], ALL);
    expect(await webhooks.list(id)).toEqual([]);
  });
}
