import { describe, expect, it } from 'vitest';
import { setUp, type Setup } from './set-up.ts';

describe('fetching ahead', () => {
  /** Lets attempts end at once, with more of their kind waiting at the server. */
  async function learnShortTasks({ source, place, clock }: Setup, count = 150): Promise<number> {
    source.moreWaiting = true;
    for (let index = 0; index < count; index++) {
      source.assign('job');
      await clock.advance(0);
      place.jobs[index]?.returns(null);
      await clock.advance(0);
    }
    return count;
  }

  it('asks for nothing ahead while nothing more waits', async () => {
    const { source, place, clock } = await setUp({ concurrency: 1 });
    source.assign('job');
    await clock.advance(0);
    place.jobs[0]?.returns(null);
    await clock.advance(0);
    expect(source.credits).toBe(2);
  });

  it('asks ahead when attempts are short and more wait, and takes it back when nothing comes', async () => {
    const setup = await setUp({ concurrency: 1 });
    const assigned = await learnShortTasks(setup);
    expect(setup.source.credits - assigned).toBe(501);
    await setup.clock.advance(20);
    expect(setup.source.credits - assigned).toBe(1);
  });

  it('waits longer for a server that answers slowly before it takes back what it asked for', async () => {
    const setup = await setUp({ concurrency: 1 });
    const { source, place, clock } = setup;
    const before = await learnShortTasks(setup);
    const SLOW = 50;
    for (let index = before; index < before + SLOW; index++) {
      await clock.advance(30);
      source.assign('job');
      await clock.advance(0);
      place.jobs[index]?.returns(null);
      await clock.advance(0);
    }
    await clock.advance(85);
    expect(source.credits - before - SLOW).toBe(501);
    await clock.advance(10);
    expect(source.credits - before - SLOW).toBe(1);
  });

  it('does not take a few short attempts for the rule', async () => {
    const setup = await setUp({ concurrency: 1 });
    const assigned = await learnShortTasks(setup, 10);
    expect(setup.source.credits - assigned).toBe(1);
  });

  it('gives back what waits too long for a place, and asks for no more ahead', async () => {
    const setup = await setUp({ concurrency: 1 });
    const { source, place, clock } = setup;
    const before = await learnShortTasks(setup);
    const assignments = [source.assign('job'), source.assign('job'), source.assign('job')];
    await clock.advance(49);
    expect(place.jobs.filter((job) => !job.over)).toHaveLength(1);
    expect(source.returned).toEqual([]);
    await clock.advance(1);
    expect(source.returned).toEqual(
      assignments.slice(1).map(({ taskId, attempt }) => ({ taskId, attempt })),
    );
    expect(source.credits - before - assignments.length).toBe(0);
  });

  it('asks for nothing ahead when attempts are long', async () => {
    const { source, place, clock } = await setUp({ concurrency: 1 });
    source.moreWaiting = true;
    source.assign('job');
    await clock.advance(500);
    place.jobs[0]?.returns(null);
    await clock.advance(0);
    expect(source.credits).toBe(2);
  });
});
