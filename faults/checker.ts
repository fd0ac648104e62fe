import type { Death } from './member.ts';
import type { History, StoredAttempt } from './history.ts';
import type { JournalRecord } from './journal.ts';
import type { Accepted } from './load.ts';
import { stalledMs, type Stall } from './stalls.ts';

export interface Evidence {
  accepted: Accepted[];
  history: History;
  journal: JournalRecord[];
  /** Of workers. */
  deaths: Death[];
  /** Spans in which no server could hand anything on, on the clock of the journal. */
  outages: { fromMono: number; toMono: number }[];
  /** Times in which the whole machine stood still: they are left out of all times. */
  stalls?: Stall[];
  /** What a busy machine may add to the times that are promised. */
  slackMs: number;
}

export interface Verdict {
  /** One sentence each; none when all promises were kept. */
  broken: string[];
  accepted: number;
  finished: Record<string, number>;
  attempts: Record<string, number>;
  lost: number;
  doubled: number;
  overlaps: number;
  lateAccepted: number;
  lateRefused: number;
  ttlKills: number;
  killLatenessMs: { p99: number; worst: number };
  handOvers: number;
  worstHandOverMs: number;
}

/** A life as the attempt itself has written it down. */
interface Life {
  task: string;
  attempt: number;
  worker: number;
  starts: number;
  from: number;
  to: number;
  wallTo: number;
  ended: boolean;
}

/** A worker that dies with its lease just renewed is noticed after the lease and its margin. */
const HAND_OVER_MS_MAX = 10_000;

/**
 * A stopped worker cannot end its attempts at their TTL; then its lease does. Nothing may live
 * longer than that.
 */
const KILL_LATENESS_MS_MAX = 5000;

/** Compares what was promised with what the database and the attempts themselves say. */
export function check(evidence: Evidence): Verdict {
  const broken: string[] = [];
  const lives = livesOf(evidence.journal);
  const { lost, doubled } = checkPlaces(evidence, broken);
  const overlaps = checkOverlaps(lives, broken);
  const lateAccepted = checkDeadlines(evidence.history.attempts, broken);
  checkInvented(evidence, lives, broken);
  const lateness = killLateness(evidence, lives);
  const worst = lateness.at(-1) ?? 0;
  if (worst > KILL_LATENESS_MS_MAX + evidence.slackMs)
    broken.push(`an attempt lived ${round(worst)} ms too long`);
  const handOvers = handOverTimes(evidence, lives);
  const worstHandOverMs = Math.max(0, ...handOvers);
  if (worstHandOverMs > HAND_OVER_MS_MAX + evidence.slackMs) {
    broken.push(`a dead worker's task was handed on after ${round(worstHandOverMs)} ms`);
  }
  return {
    broken,
    accepted: evidence.accepted.length,
    finished: countBy(evidence.history.places.map(({ status, place }) => status ?? place)),
    attempts: countBy(evidence.history.attempts.map(({ outcome }) => outcome ?? 'running')),
    lost,
    doubled,
    overlaps,
    lateAccepted,
    lateRefused: evidence.history.attempts.filter((attempt) => attempt.lateResultRefused).length,
    ttlKills: lateness.length,
    killLatenessMs: {
      p99: round(lateness[Math.ceil(lateness.length * 0.99) - 1] ?? 0),
      worst: round(worst),
    },
    handOvers: handOvers.length,
    worstHandOverMs: round(worstHandOverMs),
  };
}

/** Every accepted task is in the store, in one place, and that is its end. */
function checkPlaces(
  { accepted, history }: Evidence,
  broken: string[],
): { lost: number; doubled: number } {
  const places = Map.groupBy(history.places, ({ task }) => task);
  let lost = 0;
  for (const { id } of accepted) {
    const found = places.get(id) ?? [];
    if (found.length === 0) broken.push(`${id} was accepted and is nowhere`);
    else if (found.every(({ place }) => place !== 'finished')) {
      broken.push(`${id} has not finished; it is ${found.map(({ place }) => place).join(', ')}`);
    } else continue;
    lost++;
  }
  const twice = [...places].filter(([, found]) => found.length > 1);
  for (const [id, found] of twice) {
    broken.push(
      `${id} is in ${found.length} places: ${found.map(({ place }) => place).join(', ')}`,
    );
  }
  return { lost, doubled: twice.length };
}

function checkOverlaps(lives: Life[], broken: string[]): number {
  let overlaps = 0;
  const note = (sentence: string): void => {
    overlaps++;
    broken.push(sentence);
  };
  for (const [task, own] of Map.groupBy(lives, (life) => life.task)) {
    const inOrder = own.toSorted((a, b) => a.from - b.from);
    for (const [index, life] of inOrder.entries()) {
      const { attempt, starts } = life;
      if (starts > 1) note(`${task} began attempt ${attempt} ${starts} times`);
      const next = inOrder[index + 1];
      if (!next || next.from >= life.to) continue;
      const ms = round(Math.min(life.to, next.to) - next.from);
      note(
        `${task}: attempt ${attempt} in ${life.worker} and attempt ${next.attempt} in ${next.worker} ran at the same time for ${ms} ms`,
      );
    }
  }
  return overlaps;
}

function checkDeadlines(attempts: StoredAttempt[], broken: string[]): number {
  const late = attempts.filter(
    ({ outcome, finishedAtMs, deadlineAtMs }) =>
      (outcome === 'completed' || outcome === 'failed') &&
      finishedAtMs !== null &&
      finishedAtMs > deadlineAtMs,
  );
  for (const { task, number } of late) {
    broken.push(`${task}: the result of attempt ${number} was accepted after its deadline`);
  }
  return late.length;
}

/** An attempt of a handler that has no time to start its process may expire without a word. */
const START_MS_MAX = 10_000;

/** What is said of an attempt of a handler has happened: it began, or it came to its end. */
function checkInvented({ accepted, history }: Evidence, lives: Life[], broken: string[]): void {
  const written = new Map(lives.map((life) => [`${life.task} ${life.attempt}`, life]));
  const handled = new Set(
    accepted.filter(({ submission }) => submission.type !== 'code.run').map(({ id }) => id),
  );
  for (const { task, number, outcome, startedAtMs, deadlineAtMs } of history.attempts) {
    if (!handled.has(task)) continue;
    const life = written.get(`${task} ${number}`);
    if (outcome === 'completed' && !life?.ended) {
      broken.push(`${task}: attempt ${number} is completed, and never came to its end`);
    }
    const hadTime = deadlineAtMs - startedAtMs > START_MS_MAX;
    if (outcome === 'expired' && hadTime && !life) {
      broken.push(`${task}: attempt ${number} has expired, and never began`);
    }
  }
}

/** By how much attempts outlived their TTL, in order. */
function killLateness({ history, stalls = [] }: Evidence, lives: Life[]): number[] {
  const expired = new Map(
    history.attempts
      .filter(({ outcome }) => outcome === 'expired')
      .map((attempt) => [`${attempt.task} ${attempt.number}`, attempt]),
  );
  return lives
    .flatMap((life) => {
      const stored = expired.get(`${life.task} ${life.attempt}`);
      if (!stored) return [];
      const lateMs = life.wallTo - stored.deadlineAtMs;
      return [lateMs - stalledMs(stalls, { fromMono: life.to - lateMs, toMono: life.to })];
    })
    .sort((a, b) => a - b);
}

/**
 * From the death of a worker to the next start of what it ran. Left out: what waits for a back-off
 * is not handed on, and what nobody could hand on because servers or database were away.
 */
function handOverTimes(
  { deaths, history, outages, stalls = [] }: Evidence,
  lives: Life[],
): number[] {
  const outcomes = new Map(
    history.attempts.map(({ task, number, outcome }) => [`${task} ${number}`, outcome]),
  );
  const byTask = Map.groupBy(lives, ({ task }) => task);
  return deaths.flatMap(({ pid, atMono }) => {
    const orphaned = lives.filter(
      (life) =>
        life.worker === pid &&
        !life.ended &&
        outcomes.get(`${life.task} ${life.attempt}`) === 'lost',
    );
    return orphaned.flatMap(({ task, attempt }) => {
      const later = byTask.get(task)?.filter((life) => life.attempt > attempt) ?? [];
      const next = later.toSorted((a, b) => a.attempt - b.attempt)[0];
      if (!next) return [];
      const isOutage = outages.some(
        ({ fromMono, toMono }) => fromMono < next.from && toMono > atMono,
      );
      const stalled = stalledMs(stalls, { fromMono: atMono, toMono: next.from });
      return isOutage ? [] : [next.from - atMono - stalled];
    });
  });
}

function livesOf(journal: JournalRecord[]): Life[] {
  const records = Map.groupBy(journal, (record) =>
    [record.task, record.attempt, record.worker].join(' '),
  );
  return [...records.values()].map((own) => {
    const inOrder = own.toSorted((a, b) => a.mono - b.mono);
    const first = inOrder[0] as JournalRecord;
    const last = inOrder.at(-1) as JournalRecord;
    return {
      task: first.task,
      attempt: first.attempt,
      worker: first.worker,
      starts: own.filter(({ event }) => event === 'start').length,
      from: first.mono,
      to: last.mono,
      wallTo: last.wall,
      ended: own.some(({ event }) => event === 'end'),
    };
  });
}

function countBy(names: string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]),
  );
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
