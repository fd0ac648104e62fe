import type { QueueControls, RateLimit } from '@mayfly/contracts';

/** Starts that a rate limit has seen within its time. */
export interface RateLoad {
  started: number;
  /** When the next start is free once all are used; null when there was none. */
  freeInMs: number | null;
}

/** The tasks with one key. */
export interface KeyLoad extends RateLoad {
  /** Empty: the tasks without a key. Limits of keys do not hold for them. */
  key: string;
  running: number;
}

export interface QueueLoad extends RateLoad {
  controls: QueueControls;
  running: number;
  /** Keys that have waiting tasks, in the order of their turns. */
  keys: KeyLoad[];
}

export interface ClaimPlan {
  /** Most tasks that may start. */
  places: number;
  /** Keys in the order of their turns, with the most tasks of each. */
  keys: { key: string; room: number }[];
  /** When to look again because a rate limit holds something back; null: it does not. */
  nextInMs(taken: number): number | null;
}

/** What a claim of `slots` tasks may start in a queue, by its limits. Pure. */
export function planClaim(load: QueueLoad, slots: number): ClaimPlan {
  const { controls } = load;
  if (controls.paused) return { places: 0, keys: [], nextInMs: () => null };
  const room = Math.min(slots, roomOf(controls.concurrency, load.running));
  const rateRoom = rateRoomOf(controls.rateLimit, load);
  const places = Math.max(0, Math.min(room, rateRoom));
  const open = load.keys
    .map((entry) => ({ key: entry.key, room: keyRoom(controls, entry) }))
    .filter((entry) => entry.room > 0)
    .slice(0, places);
  // Each of the others starts one before a key starts its second.
  const most = places - open.length + 1;
  const keys = open.map(({ key, room: own }) => ({ key, room: Math.min(own, most) }));
  return {
    places,
    keys,
    nextInMs(taken) {
      const waits: number[] = [];
      if (load.keys.length > 0 && taken >= rateRoom) waits.push(waitOf(controls.rateLimit, load));
      for (const entry of load.keys) {
        if (entry.key === '' || rateRoomOf(controls.keyRateLimit, entry) > places) continue;
        waits.push(waitOf(controls.keyRateLimit, entry));
      }
      return waits.length > 0 ? Math.min(...waits) : null;
    },
  };
}

function keyRoom({ keyConcurrency, keyRateLimit }: QueueControls, entry: KeyLoad): number {
  if (entry.key === '') return Number.POSITIVE_INFINITY;
  return Math.min(roomOf(keyConcurrency, entry.running), rateRoomOf(keyRateLimit, entry));
}

function roomOf(limit: number | null, used: number): number {
  return limit === null ? Number.POSITIVE_INFINITY : limit - used;
}

function rateRoomOf(limit: RateLimit | null, { started }: RateLoad): number {
  return roomOf(limit?.count ?? null, started);
}

/** At least a millisecond, so that rounding cannot make us ask in a tight loop. */
function waitOf(limit: RateLimit | null, { freeInMs }: RateLoad): number {
  return Math.max(1, freeInMs ?? limit?.perMs ?? 1);
}
