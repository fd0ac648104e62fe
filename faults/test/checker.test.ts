import { describe, expect, it } from 'vitest';
import { check, type Evidence } from '../checker.ts';
import type { StoredAttempt } from '../history.ts';
import type { JournalEvent, JournalRecord } from '../journal.ts';

// The checker itself: each broken promise must be seen, and a good run must pass.
describe('the checker', () => {
  it('passes a run in which all went well', () => {
    const verdict = check(evidence());
    expect(verdict).toMatchObject({ broken: [], lost: 0, doubled: 0, overlaps: 0, accepted: 1 });
  });

  it('misses a task that was accepted and is nowhere', () => {
    const verdict = check(evidence({ history: { places: [], attempts: [] } }));
    expect(verdict).toMatchObject({ lost: 1, broken: [expect.stringContaining('nowhere')] });
  });

  it('sees a task that has not finished, and one that is in two places', () => {
    const running = { task: 'a', place: 'running', status: null, errorCode: null } as const;
    const { history } = evidence();
    expect(check(evidence({ history: { ...history, places: [running] } })).lost).toBe(1);
    const twice = [...history.places, running];
    expect(check(evidence({ history: { ...history, places: twice } })).doubled).toBe(1);
  });

  it('sees two attempts that were alive at once, and one that began twice', () => {
    const other = [line('start', 50, { attempt: 2, worker: 8 }), line('end', 150, { attempt: 2 })];
    expect(check(evidence({ journal: [...LIFE, ...other] })).overlaps).toBe(1);
    expect(check(evidence({ journal: [...LIFE, line('start', 60)] })).overlaps).toBe(1);
    const after = [line('start', 120, { attempt: 2, worker: 8 })];
    expect(check(evidence({ journal: [...LIFE, ...after] })).overlaps).toBe(0);
  });

  it('sees a result that was accepted after its deadline', () => {
    const late = { ...ATTEMPT, finishedAtMs: 1001 };
    const { places } = evidence().history;
    expect(check(evidence({ history: { places, attempts: [late] } })).lateAccepted).toBe(1);
  });

  it('sees a completion that never happened', () => {
    const { broken } = check(evidence({ journal: [line('start', 0), line('tick', 50)] }));
    expect(broken).toEqual(['a: attempt 1 is completed, and never came to its end']);
  });

  it('leaves out of its times what the machine stood still', () => {
    const { places } = evidence().history;
    const expired = { ...ATTEMPT, outcome: 'expired' } as const;
    const journal = [line('start', 0), line('tick', 7200)];
    const late = { history: { places, attempts: [expired] }, journal };
    expect(check(evidence(late)).broken).toHaveLength(1);
    const stalls = [
      { fromMono: 500, toMono: 1100 },
      { fromMono: 2000, toMono: 4000 },
      { fromMono: 7100, toMono: 9000 },
    ];
    const verdict = check(evidence({ ...late, stalls }));
    expect(verdict).toMatchObject({ broken: [], killLatenessMs: { worst: 6200 - 2200 } });
  });

  it('measures how long an attempt outlived its TTL, and how long a hand-over took', () => {
    const { places } = evidence().history;
    const expired = { ...ATTEMPT, outcome: 'expired' } as const;
    const lives = [line('start', 0), line('tick', 1200)];
    const late = check(evidence({ history: { places, attempts: [expired] }, journal: lives }));
    expect(late).toMatchObject({ ttlKills: 1, killLatenessMs: { worst: 200 } });

    const lost = { ...ATTEMPT, outcome: 'lost' } as const;
    const next = line('start', 7100, { attempt: 2, worker: 8 });
    const later = line('start', 9000, { attempt: 3, worker: 6 });
    const handedOn = {
      history: { places, attempts: [lost] },
      journal: [later, line('start', 0), next],
      deaths: [{ pid: 7, atMono: 100, meant: true }],
    };
    expect(check(evidence(handedOn))).toMatchObject({ handOvers: 1, worstHandOverMs: 7000 });
  });
});

const ATTEMPT: StoredAttempt = {
  task: 'a',
  number: 1,
  outcome: 'completed',
  workerPid: 7,
  startedAtMs: 0,
  finishedAtMs: 100,
  deadlineAtMs: 1000,
  lateResultRefused: false,
};

const LIFE = [line('start', 0), line('tick', 50), line('end', 100)];

function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    accepted: [
      {
        id: 'a',
        submission: { type: 'fault.inline', ttlMs: 1000 },
        cancelled: false,
        atMono: 0,
      },
    ],
    history: {
      places: [{ task: 'a', place: 'finished', status: 'completed', errorCode: null }],
      attempts: [ATTEMPT],
    },
    journal: LIFE,
    deaths: [],
    outages: [],
    slackMs: 0,
    ...changes,
  };
}

function line(event: JournalEvent, at: number, about: Partial<JournalRecord> = {}): JournalRecord {
  return { task: 'a', attempt: 1, worker: 7, event, wall: at, mono: at, ...about };
}
