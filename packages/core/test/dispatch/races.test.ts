import { MayflyError, type Attempt, type TaskStatus } from '@mayfly/contracts';
import { ManualClock, startDatabase, type TestServer } from '@mayfly/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME, type FakeWorker } from './harness.ts';

// Goal: whatever comes at the same instant, an attempt ends once, and the task is where the chart of
// states allows. Method: fast-check draws what happens and in which order it is begun; all of it is
// under way at once on a real store; what came of it is compared with a model of the attempt.

/** `RACES=10000` for a release; fewer for each commit. */
const RACES = Number(process.env['RACES'] ?? 200);

/** Always the same rounds; `RACES_SEED` takes others. */
const SEED = Number(process.env['RACES_SEED'] ?? 20261121);

const TTL_MS = 60_000;

const REPORTS = ['complete', 'fail', 'confirm-stop'] as const;
const MOVES = [...REPORTS, 'expire', 'cancel', 'retry'] as const;

type Move = (typeof MOVES)[number];

/** What may become of an attempt, by each move; a cancel and a retry alone do not end it. */
const ENDS: Record<Move, Attempt['outcome'][]> = {
  complete: ['completed'],
  fail: ['failed'],
  'confirm-stop': ['cancelled'],
  expire: ['expired', 'cancelled'],
  cancel: [null],
  retry: [null],
};

describe('an attempt at whose end everything comes at once', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it(
    `ends once, as one of them says, in ${RACES} rounds of seed ${SEED}`,
    { timeout: 1_800_000 },
    async () => {
      const clock = new ManualClock();
      await using harness = await Harness.open(server, { clock });
      const moves = fc.uniqueArray(fc.constantFrom(...MOVES), { minLength: 2, maxLength: 4 });
      const retries = fc.boolean();
      await fc.assert(
        fc.asyncProperty(moves, retries, (chosen, mayRetry) =>
          race(harness, clock, { moves: chosen, mayRetry }),
        ),
        { numRuns: RACES, seed: SEED },
      );
    },
  );
});

interface Round {
  moves: Move[];
  mayRetry: boolean;
}

async function race(harness: Harness, clock: ManualClock, round: Round): Promise<void> {
  const worker = await harness.worker();
  const retry = { maxAttempts: round.mayRetry ? 2 : 1, delayMs: 60_000, jitter: 0 };
  const task = await harness.submit({ ttlMs: TTL_MS, retry });
  const assignment = await worker.nextAssignment();
  expect(assignment).toMatchObject({ taskId: task.id, attempt: 1 });
  const told = round.moves.filter((move) => REPORTS.some((report) => report === move)).length;
  await Promise.all(round.moves.map((move) => act(harness, clock, { move, worker, assignment })));
  const answers = await answersTo(worker, told);
  const hasEnded = told > 0 || round.moves.includes('expire');
  const first = await firstAttempt(harness, clock, { id: task.id, hasEnded });
  // One attempt, one end, and no other than one of the moves can bring.
  const outcome = first?.outcome ?? null;
  expect(round.moves.flatMap((move) => ENDS[move])).toContain(outcome);
  expect(first?.number).toBe(1);
  const { status, attempt } = await harness.get(task.id);
  expect(attempt).toBe(1);
  expect(statusesAfter(outcome, round)).toContain(status);
  // A worker hears that its word is the record only of one end, and only when there is one.
  const accepted = new Set(answers.filter(({ accepted }) => accepted));
  if (accepted.size > 0) expect(outcome).not.toBeNull();
  await refusable(harness.core.control.cancel(ME, task.id));
  worker.disconnect();
}

/** The answers of the server to so many reports. */
async function answersTo(worker: FakeWorker, count: number): Promise<{ accepted: boolean }[]> {
  const given = (): { accepted: boolean }[] => worker.frames.flatMap(({ settled }) => settled);
  let seen = 0;
  while (given().length < count) {
    const { length } = worker.frames;
    seen = Math.max(seen, length);
    await worker.next((frame) => worker.frames.indexOf(frame) >= seen);
  }
  return given();
}

/** An expiry that came before the news of a cancel is refused, and due again when it is known. */
async function firstAttempt(
  harness: Harness,
  clock: ManualClock,
  { id, hasEnded }: { id: string; hasEnded: boolean },
): Promise<Attempt | undefined> {
  for (;;) {
    const [first, ...later] = await harness.core.queries.attempts(ME, id);
    expect(later).toEqual([]);
    if (!hasEnded || first?.outcome) return first;
    await clock.advance(TTL_MS);
  }
}

function statusesAfter(outcome: Attempt['outcome'], round: Round): TaskStatus[] {
  // Without a confirmed death the next attempt is held.
  const again: TaskStatus[] = round.moves.includes('retry') ? ['pending', 'scheduled'] : [];
  const cancelled: TaskStatus[] = round.moves.includes('cancel') ? ['cancelled'] : [];
  switch (outcome) {
    case null:
      return ['running'];
    case 'completed':
      return ['completed', ...again, ...(again.length > 0 ? cancelled : [])];
    case 'failed':
    case 'expired':
      return [
        ...(round.mayRetry ? ['scheduled' as const] : [outcome]),
        ...again,
        ...cancelled,
        outcome,
      ];
    case 'cancelled':
      return ['cancelled', ...again];
    case 'lost':
      throw new Error('nobody was lost');
  }
}

interface Act {
  move: Move;
  worker: FakeWorker;
  assignment: { taskId: string; attempt: number };
}

/** Begins a move, and resolves when it has been answered. */
async function act(harness: Harness, clock: ManualClock, { move, ...about }: Act): Promise<void> {
  const { worker, assignment } = about;
  const { taskId } = assignment;
  const { core } = harness;
  switch (move) {
    case 'complete':
      worker.report(assignment, 'completed', { resultJson: '1' });
      return;
    case 'fail':
      worker.report(assignment, 'failed', { errorCode: 'attempt.failed', errorMessage: 'no' });
      return;
    case 'confirm-stop':
      worker.report(assignment, 'cancelled', { stopRequestedAgoMs: 1, stopConfirmedAgoMs: 0 });
      return;
    case 'expire':
      await clock.advance(TTL_MS + 60);
      return;
    case 'cancel':
      await refusable(core.control.cancel(ME, taskId));
      return;
    case 'retry':
      await refusable(core.control.retry(ME, taskId));
  }
}

/** A move that the state of the task forbids is answered with a 409 and changes nothing. */
async function refusable(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (MayflyError.from(error).status !== 409) throw error;
  });
}
