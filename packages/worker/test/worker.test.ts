import { MayflyError, type JsonValue } from '@mayfly/contracts';
import { describe, expect, it } from 'vitest';
import { setUp } from './set-up.ts';

describe('a worker', () => {
  it('asks for as many attempts as it has places, and for more as they end', async () => {
    const { source, place, clock } = await setUp({ concurrency: 3 });
    expect(source.credits).toBe(3);
    source.assign('job');
    source.assign('job');
    await clock.advance(1000);
    expect(place.jobs).toHaveLength(2);
    expect(source.credits).toBe(3);
    place.jobs[0]?.returns(null);
    await clock.advance(0);
    expect(source.credits).toBe(4);
  });

  it('kills at the TTL, softly before it as long as the grace says', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job', { ttlMs: 1000, graceMs: 300 });
    await clock.advance(699);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['soft ttl']);
    await clock.advance(300);
    expect(place.jobs[0]?.stops).toEqual(['soft ttl', 'hard ttl']);
    expect(source.reports).toEqual([]);
    await clock.advance(7);
    place.jobs[0]?.end({ kind: 'stopped', result: { printed: 'so far' } });
    await clock.advance(3);
    expect(source.reports).toMatchObject([
      {
        outcome: 'expired',
        resultJson: '{"printed":"so far"}',
        stopRequestedAgoMs: 307,
        stopConfirmedAgoMs: 0,
      },
    ]);
  });

  it('takes a result that comes after the soft signal and before the end', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job', { ttlMs: 1000, graceMs: 300 });
    await clock.advance(800);
    place.jobs[0]?.returns('in time');
    await clock.advance(500);
    expect(place.jobs[0]?.stops).toEqual(['soft ttl']);
    expect(source.reports).toMatchObject([{ outcome: 'completed', resultJson: '"in time"' }]);
  });

  it('reports an attempt that cannot be killed when it should be dead, and again when it is', async () => {
    const { source, place, clock } = await setUp({ canKill: false });
    source.assign('job', { ttlMs: 100 });
    await clock.advance(100);
    expect(source.reports).toMatchObject([{ outcome: 'expired', stopConfirmedAgoMs: undefined }]);
    const credits = source.credits;
    await clock.advance(500);
    expect(source.credits).toBe(credits);
    place.jobs[0]?.returns('late');
    await clock.advance(0);
    expect(source.reports[1]).toMatchObject({ outcome: 'completed', stopConfirmedAgoMs: 0 });
    expect(source.credits).toBe(credits + 1);
  });

  it('says in its heartbeat how many attempts run on after their end', async () => {
    const { source, place, clock } = await setUp({ canKill: false });
    source.assign('job', { ttlMs: 100 });
    await clock.advance(1000);
    expect(source.stuck).toBe(1);
    place.jobs[0]?.returns('late');
    await clock.advance(1000);
    expect(source.stuck).toBe(0);
  });

  it('takes nothing more when the server asks it to drain, and says so', async () => {
    const { source, place, clock, worker } = await setUp({ concurrency: 2 });
    source.assign('job');
    await clock.advance(10);
    source.send({ drain: true });
    await worker.drainAsked;
    await clock.advance(0);
    expect(source.draining).toBe(true);
    const { credits } = source;
    place.jobs[0]?.returns(null);
    await clock.advance(0);
    expect(source.credits).toBe(credits);
    source.cut();
    source.draining = false;
    await clock.advance(100);
    expect(source.draining).toBe(true);
    expect(source.credits).toBe(0);
  });

  it('stops softly, then hard, when it is cancelled', async () => {
    const { source, place, clock } = await setUp();
    const { taskId } = source.assign('job');
    await clock.advance(10);
    source.send({ stops: [{ taskId, attempt: 1, reason: 'cancel', graceMs: 200 }] });
    await clock.advance(199);
    expect(place.jobs[0]?.stops).toEqual(['soft cancel']);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['soft cancel', 'hard cancel']);
    place.jobs[0]?.end({ kind: 'stopped' });
    await clock.advance(0);
    expect(source.reports).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('never lets the grace of a cancel go beyond the TTL', async () => {
    const { source, place, clock } = await setUp();
    const { taskId } = source.assign('job', { ttlMs: 100 });
    await clock.advance(50);
    source.send({ stops: [{ taskId, attempt: 1, reason: 'cancel', graceMs: 60_000 }] });
    await clock.advance(50);
    expect(place.jobs[0]?.stops).toEqual(['soft cancel', 'hard ttl']);
  });

  it('confirms the stop of what is not here', async () => {
    const { source, clock } = await setUp();
    const taskId = crypto.randomUUID();
    source.send({ stops: [{ taskId, attempt: 3, reason: 'cancel', graceMs: 0 }] });
    await clock.advance(0);
    expect(source.reports).toMatchObject([{ taskId, attempt: 3, outcome: 'cancelled' }]);
  });

  it('moves a deadline', async () => {
    const { source, place, clock } = await setUp();
    const { taskId } = source.assign('job', { ttlMs: 100 });
    await clock.advance(50);
    source.send({ deadlines: [{ taskId, attempt: 1, ttlMs: 1000 }] });
    await clock.advance(999);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['hard ttl']);
  });

  it('ends an attempt at its deadline when the word of it was long on its way', async () => {
    const { source, place, clock } = await setUp();
    await clock.advance(300);
    const { taskId } = source.assign('job', { ttlMs: 1000, deadlineAtMs: 900 });
    await clock.advance(599);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['hard ttl']);
    source.send({ deadlines: [{ taskId, attempt: 1, ttlMs: 1000, deadlineAtMs: 950 }] });
    await clock.advance(0);
    source.assign('job', { ttlMs: 100, deadlineAtMs: 60_000 });
    await clock.advance(100);
    expect(place.jobs[1]?.stops).toEqual(['hard ttl']);
  });

  it('moves a deadline no further than the server means', async () => {
    const { source, place, clock } = await setUp();
    const { taskId } = source.assign('job', { ttlMs: 100 });
    await clock.advance(50);
    source.send({ deadlines: [{ taskId, attempt: 1, ttlMs: 1000, deadlineAtMs: 200 }] });
    await clock.advance(149);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['hard ttl']);
  });

  it('does not start what comes after its deadline, and says so', async () => {
    const { source, place, clock } = await setUp({ concurrency: 1 });
    await clock.advance(300);
    const { taskId } = source.assign('job', { ttlMs: 1000, deadlineAtMs: 299 });
    await clock.advance(0);
    expect(place.jobs).toEqual([]);
    expect(source.reports).toMatchObject([
      { taskId, attempt: 1, outcome: 'expired', stopRequestedAgoMs: 0, stopConfirmedAgoMs: 0 },
    ]);
    expect(source.credits).toBe(2);
  });

  it('says with each frame when it was made', async () => {
    const { source, clock } = await setUp();
    expect(source.sentAtMs).toBe(0);
    await clock.advance(1000);
    expect(source.sentAtMs).toBe(1000);
  });

  it('fails an attempt whose result cannot be told as JSON', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job');
    await clock.advance(0);
    place.jobs[0]?.returns(1n as unknown as JsonValue);
    await clock.advance(0);
    expect(source.reports).toMatchObject([
      { outcome: 'failed', errorCode: 'attempt.invalid_result' },
    ]);
  });

  it('sends reports and output again after a cut, until they are acknowledged', async () => {
    const { source, place, clock, worker } = await setUp();
    const { taskId } = source.assign('job');
    const still = source.assign('job');
    await clock.advance(0);
    place.jobs[0]?.events.output('stdout', Buffer.from('one'));
    place.jobs[0]?.events.output('stdout', Buffer.from('two'));
    place.jobs[0]?.returns(1);
    await clock.advance(0);
    source.send({ outputStored: 1 });
    await clock.advance(0);
    expect(source.output.map((chunk) => chunk.seq)).toEqual([0, 1]);
    source.cut();
    await clock.advance(100);
    expect(source.hellos).toHaveLength(2);
    expect(source.hellos[1]?.running.map((ref) => ref.taskId).toSorted()).toEqual(
      [taskId, still.taskId].toSorted(),
    );
    expect(source.output.map((chunk) => chunk.seq)).toEqual([0, 1, 1]);
    expect(source.reports.map((report) => report.taskId)).toEqual([taskId, taskId]);
    source.send({ outputStored: 1, settled: [{ taskId, attempt: 1, accepted: true }] });
    await clock.advance(0);
    source.cut();
    await clock.advance(200);
    expect(source.hellos[2]?.running.map((ref) => ref.taskId)).toEqual([still.taskId]);
    expect(source.reports).toHaveLength(2);
    expect(worker.running).toBe(1);
  });

  it('keeps its attempts running while it cannot reach the server, until the lease is in danger', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job');
    await clock.advance(500);
    const { incarnation } = source;
    source.refusal = new MayflyError('server.unreachable', 'away');
    source.cut();
    await clock.advance(3400);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(200);
    expect(place.jobs[0]?.stops).toEqual(['hard lease-lost']);
    source.refusal = undefined;
    await clock.advance(3000);
    expect(source.incarnation).not.toBe(incarnation);
    expect(source.hellos.at(-1)?.running).toEqual([]);
    expect(source.credits).toBe(1);
    place.jobs[0]?.end({ kind: 'stopped' });
    await clock.advance(0);
    expect(source.reports).toEqual([]);
    expect(source.credits).toBe(2);
  });

  it('heeds nothing that was sent before its lease was lost and arrives later', async () => {
    const { source, place, clock, worker } = await setUp();
    const { incarnation } = source;
    const arrive = source.delay();
    source.assign('job');
    source.send({ lease: { heartbeat: 1, renewed: true }, drain: true });
    await clock.advance(4000);
    expect(source.incarnation).not.toBe(incarnation);
    arrive();
    await clock.advance(1000);
    expect(place.jobs).toEqual([]);
    expect(source.draining).toBe(false);
    source.assign('job');
    await clock.advance(0);
    expect(worker.running).toBe(1);
  });

  it('does not begin a session under a lease that was lost while it was opened', async () => {
    const { source, clock, worker } = await setUp();
    const { incarnation } = source;
    const answer = Promise.withResolvers<void>();
    source.slowness = answer.promise;
    await clock.advance(3000);
    source.cut();
    await clock.advance(1100);
    expect(source.hellos).toHaveLength(2);
    answer.resolve();
    await clock.advance(0);
    expect(source.hellos).toHaveLength(3);
    expect(source.incarnation).not.toBe(incarnation);
    source.assign('job');
    await clock.advance(0);
    expect(worker.running).toBe(1);
  });

  it.each([3_600_000, -3_600_000])(
    'keeps time by no wall clock: it steps by %i ms, and nothing ends early or is fenced',
    async (stepMs) => {
      const { source, place, clock, worker } = await setUp();
      const { incarnation } = source;
      source.assign('job', { ttlMs: 3000, graceMs: 500 });
      await clock.advance(1000);
      clock.stepWall(stepMs);
      source.send({ lease: { heartbeat: 1, renewed: true } });
      await clock.advance(1499);
      expect(source.heartbeats).toEqual([1, 2]);
      expect(place.jobs[0]?.stops).toEqual([]);
      await clock.advance(1);
      expect(place.jobs[0]?.stops).toEqual(['soft ttl']);
      clock.stepWall(-stepMs);
      await clock.advance(500);
      expect(place.jobs[0]?.stops).toEqual(['soft ttl', 'hard ttl']);
      place.jobs[0]?.end({ kind: 'stopped' });
      await clock.advance(0);
      expect(source.reports).toMatchObject([{ outcome: 'expired', stopRequestedAgoMs: 500 }]);
      source.send({ lease: { heartbeat: 2, renewed: true } });
      await clock.advance(2000);
      expect(source.incarnation).toBe(incarnation);
      expect(worker.running).toBe(0);
    },
  );

  it('counts its lease from when a heartbeat was sent, not from the answer', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job');
    await clock.advance(1000);
    expect(source.heartbeats).toEqual([1]);
    await clock.advance(2000);
    source.send({ lease: { heartbeat: 1, renewed: true } });
    await clock.advance(1999);
    expect(place.jobs[0]?.stops).toEqual([]);
    await clock.advance(1);
    expect(place.jobs[0]?.stops).toEqual(['hard lease-lost']);
  });

  it('kills everything at once when the server says that the lease is lost', async () => {
    const { source, place, clock } = await setUp();
    source.assign('job');
    await clock.advance(1000);
    const { incarnation } = source;
    source.send({ lease: { heartbeat: 1, renewed: false } });
    await clock.advance(100);
    expect(place.jobs[0]?.stops).toEqual(['hard lease-lost']);
    expect(source.incarnation).not.toBe(incarnation);
  });

  it('gives up when the server will never take it', async () => {
    const { source, clock, worker } = await setUp();
    source.refusal = new MayflyError('auth.unknown_key', 'no');
    source.cut();
    await clock.advance(100);
    await expect(worker.failed).rejects.toMatchObject({ code: 'auth.unknown_key' });
  });

  it('drains: takes nothing more, lets finish, stops the rest, reports, leaves', async () => {
    const { source, place, clock, worker } = await setUp();
    const quick = source.assign('job');
    const slow = source.assign('job');
    await clock.advance(0);
    const drained = worker.drain(1000);
    await clock.advance(0);
    expect(source.draining).toBe(true);
    place.jobs[0]?.returns(1);
    await clock.advance(1000);
    expect(place.jobs[1]?.stops).toEqual(['soft drain']);
    await clock.advance(1000);
    expect(place.jobs[1]?.stops).toEqual(['soft drain', 'hard drain']);
    place.jobs[1]?.end({ kind: 'stopped' });
    await clock.advance(0);
    expect(source.reports.map((report) => [report.taskId, report.outcome])).toEqual([
      [quick.taskId, 'completed'],
      [slow.taskId, 'lost'],
    ]);
    for (const { taskId } of [quick, slow]) {
      source.send({ settled: [{ taskId, attempt: 1, accepted: true }] });
    }
    await clock.advance(0);
    // What the server had sent before it knew of the drain goes back.
    const late = source.assign('job');
    await clock.advance(0);
    expect(source.returned).toEqual([{ taskId: late.taskId, attempt: 1 }]);
    expect(place.closed).toBe(false);
    source.send({ lease: { heartbeat: source.heartbeats.at(-1) as number, renewed: true } });
    await clock.advance(0);
    await drained;
    expect(place.jobs).toHaveLength(2);
    expect(place.closed).toBe(true);
    expect(source.hellos).toHaveLength(1);
  });
});
