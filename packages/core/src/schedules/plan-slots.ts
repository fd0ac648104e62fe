import { LIMITS, type CatchUp } from '@mayfly/contracts';
import { slotsAfter, slotsBetween, type Timing } from './timing.ts';

/** A slot that comes later than this was missed; until then it is only late, as after a change of leader. */
const MISSED_AFTER_MS = 30_000;

interface Due {
  timing: Timing;
  catchUp: CatchUp;
  catchUpMax: number;
  /** The first slot that nobody has fired. */
  dueAt: Date;
  /** By the database clock. */
  now: Date;
}

/** Slots to fire now, in order, and the one that comes after them; null when there is none. */
export interface SlotPlan {
  fire: Date[];
  next: Date | null;
}

/** Decides which slots fire, after no matter how long a time without a server. Pure. */
export function planSlots({ timing, catchUp, catchUpMax, dueAt, now }: Due): SlotPlan {
  const missedBefore = new Date(now.getTime() - MISSED_AFTER_MS);
  const lateFrom = dueAt > missedBefore ? dueAt : missedBefore;
  const late = slotsBetween(timing, lateFrom, now, LIMITS.catchUpSlotsMax);
  const until = new Date(missedBefore.getTime() - 1);
  const wanted = missedWanted(catchUp, catchUpMax, late.length);
  const missed = wanted === 0 || until < dueAt ? [] : slotsBetween(timing, dueAt, until, wanted);
  return { fire: [...missed, ...late], next: slotsAfter(timing, now, 1)[0] ?? null };
}

/** A slot that is due anyway stands for the last missed one. */
function missedWanted(catchUp: CatchUp, catchUpMax: number, late: number): number {
  switch (catchUp) {
    case 'skip':
      return 0;
    case 'last':
      return late > 0 ? 0 : 1;
    case 'all':
      return catchUpMax;
  }
}
