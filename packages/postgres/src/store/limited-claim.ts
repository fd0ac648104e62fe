import type { QueueControls } from '@mayfly/contracts';
import {
  planClaim,
  type ClaimPlan,
  type KeyLoad,
  type LimitedClaim,
  type LimitedClaimRequest,
  type QueueLoad,
} from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import { sessionColumns, toClaim, toControls } from './rows.ts';

type Run = Database['run'];

/** Keys that one claim looks at; when none of them may start a task, the next claim goes on. */
const KEYS_MAX = 1000;
const FEW_KEYS = 16;

/** Counts and starts under the lock of the queue, so that no two servers use the same room. */
export async function claimLimited(
  run: Run,
  { queue, laneIds, slots, sessions }: LimitedClaimRequest,
): Promise<LimitedClaim> {
  const [row] = await run('lock-queue', [queue]);
  if (!row) {
    const rows = await run('claim', [laneIds, slots, ...sessionColumns(sessions)]);
    return { ...toClaim(rows), nextInMs: null };
  }
  const controls = toControls(row);
  if (controls.paused) return { attempts: [], moved: [], nextInMs: null };
  const { load, plan, cutShort } = await look(
    run,
    { queue, laneIds, places: slots.length },
    controls,
  );
  const taken =
    plan.keys.length === 0
      ? []
      : await run('claim-in-turn', [
          queue,
          laneIds,
          slots.slice(0, plan.places),
          plan.keys.map((entry) => entry.key),
          plan.keys.map((entry) => entry.room),
          ...sessionColumns(sessions),
        ]);
  const { attempts, moved } = toClaim(taken);
  const last = load.keys.at(-1);
  if (last && cutShort && attempts.length < plan.places) {
    await run('pass-turn', [queue, last.key]);
    return { attempts, moved, nextInMs: 0 };
  }
  return { attempts, moved, nextInMs: plan.nextInMs(attempts.length) };
}

interface Look {
  load: QueueLoad;
  plan: ClaimPlan;
  /** There are more keys than were looked at. */
  cutShort: boolean;
}

/** Mostly the first keys suffice; only when they may not start enough, many are looked at. */
async function look(
  run: Run,
  { queue, laneIds, places }: { queue: string; laneIds: number[]; places: number },
  controls: QueueControls,
): Promise<Look> {
  for (let most = Math.min(places + FEW_KEYS, KEYS_MAX); ; most = KEYS_MAX) {
    const survey = await run('survey-queue', [queue, laneIds, most]);
    const load = toLoad(controls, survey);
    const plan = planClaim(load, places);
    const cutShort = survey[0]?.['cut_short'] === true;
    if (!cutShort || most === KEYS_MAX || plan.keys.length >= plan.places) {
      return { load, plan, cutShort };
    }
  }
}

function toLoad(controls: QueueControls, rows: Row[]): QueueLoad {
  const [first] = rows;
  return {
    controls,
    running: (first?.['queue_running'] as number | undefined) ?? 0,
    started: (first?.['queue_started'] as number | null | undefined) ?? 0,
    freeInMs: (first?.['queue_free_in_ms'] as number | null | undefined) ?? null,
    keys: rows.filter((row) => row['key'] !== null).map(toKeyLoad),
  };
}

function toKeyLoad(row: Row): KeyLoad {
  return {
    key: row['key'] as string,
    running: row['running'] as number,
    started: (row['started'] as number | null) ?? 0,
    freeInMs: row['free_in_ms'] as number | null,
  };
}
