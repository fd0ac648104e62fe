import {
  isCompletion,
  type AttemptRef,
  type Claim,
  type ClaimRequest,
  type DispatchStore,
  type HeldAttempt,
  type LateReport,
  type LimitedClaim,
  type LimitedClaimRequest,
  type OutputRecord,
  type ProgressRecord,
  type SessionRef,
  type Settlement,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database } from '../sql/database.ts';
import { claimLimited } from './limited-claim.ts';
import type { ReleaseDesk } from './releases.ts';
import { sessionColumns, toClaim, toHeldAttempt } from './rows.ts';

export class PostgresDispatchStore implements DispatchStore {
  readonly #database: Database;
  readonly #slot: () => number;
  readonly #releases: ReleaseDesk;

  constructor(database: Database, slot: () => number, releases: ReleaseDesk) {
    this.#database = database;
    this.#slot = slot;
    this.#releases = releases;
  }

  async claim({ laneIds, slots, sessions }: ClaimRequest): Promise<Claim> {
    const values = [laneIds, slots, ...sessionColumns(sessions)];
    return toClaim(await this.#database.run('claim', values));
  }

  claimLimited(request: LimitedClaimRequest): Promise<LimitedClaim> {
    return this.#database.transaction((run) => claimLimited(run, request));
  }

  async settle(settlements: Settlement[]): Promise<boolean[]> {
    if (settlements.every(isCompletion)) return this.#complete(settlements);
    const rows = await this.#database.run('settle', [
      ...settlementColumns(settlements),
      this.#slot(),
    ]);
    const ended = new Set(this.#releases.sift(rows).map((row) => row['task_id']));
    return settlements.map(({ taskId }) => ended.has(taskId));
  }

  async #complete(completions: Settlement[]): Promise<boolean[]> {
    const values = columns<Settlement>(
      completions,
      (item) => item.taskId,
      (item) => item.attempt,
      (item) => item.workerId,
      (item) => item.resultJson,
    );
    const rows = await this.#database.run('complete', [...values, this.#slot()]);
    const [summary] = this.#releases.sift(rows);
    const endedIds = summary?.['ended_ids'] as string[] | null;
    if (endedIds === null) return completions.map(() => true);
    const ended = new Set(endedIds);
    return completions.map(({ taskId }) => ended.has(taskId));
  }

  async recordLate(reports: LateReport[]): Promise<boolean[]> {
    const rows = await this.#database.run(
      'record-late',
      columns<LateReport>(
        reports,
        (report) => report.taskId,
        (report) => report.attempt,
        (report) => report.workerId,
        (report) => report.outcome,
        (report) => report.resultJson,
        (report) => whole(report.stopConfirmedAgoMs),
      ),
    );
    const recorded = new Map(
      rows.map((row) => [`${String(row['task_id'])} ${String(row['attempt'])}`, row['outcome']]),
    );
    return reports.map(
      ({ taskId, attempt, outcome }) => recorded.get(`${taskId} ${attempt}`) === outcome,
    );
  }

  async giveBack({ workerId, session }: SessionRef, refs: AttemptRef[]): Promise<void> {
    await this.#database.run('give-back', [
      workerId,
      ...columns(
        refs,
        (ref) => ref.taskId,
        (ref) => ref.attempt,
      ),
      session,
    ]);
  }

  listHeldForGood(workerId: string): Promise<HeldAttempt[]> {
    return this.#database.transaction(async (run) => {
      await run('close-claim-gate', []);
      return (await run('list-held', [workerId])).map(toHeldAttempt);
    });
  }

  async listHeld(workerId: string): Promise<HeldAttempt[]> {
    return (await this.#database.run('list-held', [workerId])).map(toHeldAttempt);
  }

  async listOrphans(limit: number): Promise<HeldAttempt[]> {
    return (await this.#database.run('list-orphans', [limit])).map(toHeldAttempt);
  }

  async listOverdue(patienceMs: number, limit: number): Promise<HeldAttempt[]> {
    return (await this.#database.run('list-overdue', [patienceMs, limit])).map(toHeldAttempt);
  }

  async appendOutput(chunks: OutputRecord[]): Promise<void> {
    await this.#database.run(
      'append-output',
      columns<OutputRecord>(
        chunks,
        (chunk) => chunk.taskId,
        (chunk) => chunk.attempt,
        (chunk) => chunk.seq,
        (chunk) => chunk.stream,
        (chunk) => Buffer.from(chunk.data.buffer, chunk.data.byteOffset, chunk.data.byteLength),
      ),
    );
  }

  async saveProgress(updates: ProgressRecord[]): Promise<void> {
    await this.#database.run(
      'save-progress',
      columns<ProgressRecord>(
        updates,
        (update) => update.taskId,
        (update) => update.attempt,
        (update) => update.percent,
      ),
    );
  }
}

function settlementColumns(settlements: Settlement[]): unknown[][] {
  return columns<Settlement>(
    settlements,
    (item) => item.taskId,
    (item) => item.attempt,
    (item) => item.workerId,
    (item) => item.outcome,
    (item) => item.status,
    (item) => item.delayMs,
    (item) => item.failures,
    (item) => item.lost,
    (item) => item.resultJson,
    (item) => item.errorCode,
    (item) => item.errorMessage,
    (item) => item.stopReason,
    (item) => whole(item.stopRequestedAgoMs),
    (item) => whole(item.stopConfirmedAgoMs),
    (item) => item.lateResult,
    (item) => item.freeInMs,
  );
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
