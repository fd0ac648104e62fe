import type { Clock, Faults, WorkerRegistration } from '@mayfly/contracts';
import type { Claim, DispatchStore } from '../ports/dispatch-store.ts';
import type { Lane } from '../ports/worker-store.ts';
import type { ClaimedAttempt } from '../task/attempt.ts';
import type { WorkerSession } from './worker-session.ts';

/** Attempts in one claim. */
const CLAIM_MAX = 500;

interface GroupOptions {
  store: DispatchStore;
  /** The queue of a lane when it has controls: such lanes are claimed queue by queue. */
  controlledQueue(laneId: number): string | undefined;
  /** A rate limit holds back tasks of the queue for so long. */
  onRateLimited(queue: string, inMs: number): void;
  /** `moreWaiting`: the claim was used up. */
  assign(session: WorkerSession, attempts: ClaimedAttempt[], moreWaiting: boolean): void;
  /** The session went away, or began to drain, while its claim was under way. */
  giveBack(session: WorkerSession, attempts: ClaimedAttempt[]): void;
  /** The worker has a later connection than this one. */
  onMoved(session: WorkerSession): void;
  /** The worker was heard of a moment ago; what is sent to it will arrive. */
  isReachable(session: WorkerSession): boolean;
  /** It is not known what the claim has done. The next one waits until this resolves. */
  onFailed(error: unknown, sessions: Set<WorkerSession>): Promise<void>;
  clock: Clock;
  faults: Faults | undefined;
}

/** Lanes that one claim can ask for. */
interface ClaimSource {
  /** Undefined: lanes without controls, of any queue. */
  queue: string | undefined;
  laneIds: number[];
}

/**
 * Workers that can take the same tasks share one claim. A lane is hot when it may hold waiting
 * tasks: a submission, a hint or the poll heats it, a claim that comes back short cools it.
 * While one claim is under way, credits and submissions pile up for the next one. Queues with
 * controls are claimed one at a time, in turn with each other and with all lanes that have none.
 */
export class ClaimGroup {
  readonly #options: GroupOptions;
  readonly #sessions = new Set<WorkerSession>();
  readonly #accepts: (lane: Lane) => boolean;
  readonly #lanes = new Set<number>();
  /** Hot lanes, with the number of the heating that made them so. */
  readonly #hot = new Map<number, number>();
  #heatings = 0;
  #claiming = false;
  #turn = 0;
  #sourceTurn = 0;

  constructor(registration: WorkerRegistration, options: GroupOptions) {
    this.#options = options;
    this.#accepts = acceptsLane(registration);
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  addLane(lane: Lane): void {
    if (!this.#accepts(lane)) return;
    this.#lanes.add(lane.id);
    this.heat([lane.id]);
  }

  add(session: WorkerSession): void {
    this.#sessions.add(session);
    this.heatAll();
  }

  remove(session: WorkerSession): void {
    this.#sessions.delete(session);
  }

  heatAll(): void {
    this.heat(this.#lanes);
  }

  heat(laneIds: Iterable<number>): void {
    const heating = ++this.#heatings;
    for (const laneId of laneIds) if (this.#lanes.has(laneId)) this.#hot.set(laneId, heating);
    this.pump();
  }

  /** Claims when there is both a free place and a hot lane. */
  pump(): void {
    if (this.#claiming || this.#hot.size === 0) return;
    const places = this.#takePlaces();
    if (places.length === 0) return;
    this.#claiming = true;
    void this.#claim(places).finally(() => {
      this.#claiming = false;
      this.pump();
    });
  }

  async #claim(places: WorkerSession[]): Promise<void> {
    const source = this.#nextSource();
    const upTo = this.#heatings;
    const askedAt = this.#options.clock.monotonic();
    let claim: Claim = { attempts: [], moved: [] };
    try {
      const taken = await this.#claimFrom(source, places);
      if (taken.attempts.length > 0) await this.#options.faults?.at('attempt.claimed');
      const ageMs = this.#options.clock.monotonic() - askedAt;
      claim = { ...taken, attempts: agedBy(ageMs, taken.attempts) };
    } catch (error) {
      await this.#options.onFailed(error, new Set(places));
    }
    const { attempts, moved } = claim;
    const gone = places.filter((session) => moved.includes(session.id));
    if (attempts.length < places.length - gone.length) this.#cool(source.laneIds, upTo);
    this.#deliver(places, attempts);
    for (const session of new Set(gone)) this.#options.onMoved(session);
  }

  async #claimFrom({ queue, laneIds }: ClaimSource, places: WorkerSession[]): Promise<Claim> {
    const { store } = this.#options;
    const slots = places.map((session) => session.id);
    const sessions = [...new Set(places)].map((session) => session.ref);
    if (queue === undefined) return store.claim({ laneIds, slots, sessions });
    const { nextInMs, ...claim } = await store.claimLimited({ queue, laneIds, slots, sessions });
    if (nextInMs !== null) this.#options.onRateLimited(queue, nextInMs);
    return claim;
  }

  /** In turn, so that none of them keeps the places from the others. */
  #nextSource(): ClaimSource {
    const sources = new Map<string | undefined, number[]>();
    for (const laneId of this.#hot.keys()) {
      const queue = this.#options.controlledQueue(laneId);
      const laneIds = sources.get(queue);
      if (laneIds) laneIds.push(laneId);
      else sources.set(queue, [laneId]);
    }
    const all = [...sources].map(([queue, laneIds]) => ({ queue, laneIds }));
    return all[this.#sourceTurn++ % all.length] as ClaimSource;
  }

  #cool(laneIds: number[], upTo: number): void {
    for (const laneId of laneIds) {
      if ((this.#hot.get(laneId) ?? 0) <= upTo) this.#hot.delete(laneId);
    }
  }

  /** Takes a credit for each place, one a session in turn, so that the load spreads. */
  #takePlaces(): WorkerSession[] {
    const sessions = [...this.#sessions].filter(
      (session) => session.credits > 0 && !session.draining && this.#options.isReachable(session),
    );
    if (sessions.length === 0) return [];
    const first = this.#turn++ % sessions.length;
    const rotated = [...sessions.slice(first), ...sessions.slice(0, first)];
    const places: WorkerSession[] = [];
    for (let open = rotated; open.length > 0 && places.length < CLAIM_MAX;) {
      for (const session of open.slice(0, CLAIM_MAX - places.length)) {
        session.credits--;
        places.push(session);
      }
      open = open.filter((session) => session.credits > 0);
    }
    return places;
  }

  #deliver(places: WorkerSession[], claimed: ClaimedAttempt[]): void {
    const moreWaiting = claimed.length === places.length;
    const bySession = new Map<string, ClaimedAttempt[]>();
    for (const attempt of claimed) {
      const attempts = bySession.get(attempt.workerId);
      if (attempts) attempts.push(attempt);
      else bySession.set(attempt.workerId, [attempt]);
    }
    const taken = new Map<WorkerSession, number>();
    for (const place of places) taken.set(place, (taken.get(place) ?? 0) + 1);
    for (const [session, count] of taken) {
      const attempts = bySession.get(session.id) ?? [];
      session.credits += count - attempts.length;
      if (attempts.length === 0) continue;
      if (this.#sessions.has(session) && session.connected && !session.draining)
        this.#options.assign(session, attempts, moreWaiting);
      else this.#options.giveBack(session, attempts);
    }
  }
}

/** The answer to a claim may take so long before it counts as old. */
const FRESH_MS = 50;

/**
 * The time of an attempt runs from when the database has started it, and the answer came later. When
 * that was is not known: after the claim was asked for. So a slow answer costs the attempt some of
 * its time, and gives it none.
 */
function agedBy(ageMs: number, claimed: ClaimedAttempt[]): ClaimedAttempt[] {
  const goneMs = ageMs - FRESH_MS;
  if (goneMs <= 0) return claimed;
  return claimed.map((attempt) => ({
    ...attempt,
    leftMs: attempt.leftMs - goneMs,
    totalLeftMs: attempt.totalLeftMs === null ? null : attempt.totalLeftMs - goneMs,
  }));
}

function acceptsLane(registration: WorkerRegistration): (lane: Lane) => boolean {
  const queues = new Set(registration.queues);
  const types = new Set(registration.types.map((type) => type.name));
  const runtimes = new Set(registration.runtimes.map((runtime) => runtime.name));
  return (lane) =>
    (queues.size === 0 || queues.has(lane.queue)) &&
    types.has(lane.type) &&
    (lane.runtime === '' || runtimes.has(lane.runtime));
}

/** Workers with equal keys can take the same tasks. */
export function groupKey(registration: WorkerRegistration): string {
  return JSON.stringify([
    [...registration.queues].sort(),
    registration.types.map((type) => type.name).sort(),
    registration.runtimes.map((runtime) => runtime.name).sort(),
  ]);
}
