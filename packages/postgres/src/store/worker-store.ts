import type { WorkerRegistration } from '@mayfly/contracts';
import {
  LIMITS,
  type JsonObject,
  type RuntimeInfo,
  type SandboxInfo,
  type TaskType,
  type WorkerState,
  type WorkerView,
} from '@mayfly/contracts';
import { MayflyError } from '@mayfly/contracts';
import type {
  Lane,
  LeaseRenewal,
  RenewedLease,
  SessionRef,
  WantedLane,
  WorkerStore,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';

export class PostgresWorkerStore implements WorkerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async ensureLane(wanted: WantedLane): Promise<Lane> {
    // Another server may make the lane between our look and our insert: then the second look finds it.
    for (let tries = 0; tries < 2; tries++) {
      const { queue, type, runtime, keyed = false } = wanted;
      const values = [queue, type, runtime, keyed, LIMITS.lanesMax];
      const [row] = await this.#database.run('ensure-lane', values);
      if (row) return { queue, type, runtime, keyed, id: row['id'] as number };
    }
    throw new MayflyError(
      'task.too_many_lanes',
      `There are ${LIMITS.lanesMax} combinations of queue, type and runtime already. Use fewer queues.`,
    );
  }

  async listLanes(afterId: number): Promise<Lane[]> {
    return (await this.#database.run('list-lanes', [afterId])).map((row) => row as unknown as Lane);
  }

  async saveTypes(types: TaskType[]): Promise<void> {
    const values = columns<TaskType>(
      types,
      (type) => type.name,
      (type) => type.description,
      (type) => JSON.stringify(type.paramsSchema),
      (type) => type.isolation,
    );
    await this.#database.run('save-types', values);
  }

  async listTypes(): Promise<TaskType[]> {
    return (await this.#database.run('list-types', [])).map((row) => ({
      name: row['name'] as string,
      description: row['description'] as string,
      paramsSchema: row['params_schema'] as JsonObject,
      isolation: row['isolation'] as TaskType['isolation'],
    }));
  }

  async listRuntimes(recentMs: number): Promise<RuntimeInfo[]> {
    const rows = await this.#database.run('list-runtimes', [recentMs]);
    return rows.map((row) => row['runtime'] as RuntimeInfo);
  }

  async register(registration: WorkerRegistration, leaseMs: number): Promise<number | null> {
    const [row] = await this.#database.run('register-worker', [
      registration.incarnation,
      registration.name,
      registration.host,
      registration.pid,
      registration.version,
      registration.concurrency,
      registration.queues,
      registration.types.map((type) => type.name),
      JSON.stringify(registration.runtimes),
      registration.sandbox ? JSON.stringify(registration.sandbox) : null,
      leaseMs,
    ]);
    return (row?.['session'] as number | undefined) ?? null;
  }

  async renewLeases(renewals: LeaseRenewal[], leaseMs: number): Promise<RenewedLease[]> {
    const values = columns<LeaseRenewal>(
      renewals,
      (renewal) => renewal.workerId,
      (renewal) => renewal.stuck,
    );
    const rows = await this.#database.run('renew-leases', [...values, leaseMs]);
    return rows.map((row) => ({
      workerId: row['id'] as string,
      draining: row['draining'] as boolean,
    }));
  }

  async setDraining(workerId: string): Promise<boolean> {
    return (await this.#database.run('set-worker-draining', [workerId])).length > 0;
  }

  async listDraining(workerIds: string[]): Promise<string[]> {
    return idsOf(await this.#database.run('list-draining', [workerIds]));
  }

  async release({ workerId, session }: SessionRef): Promise<void> {
    await this.#database.run('release-worker', [workerId, session]);
  }

  async loseExpired(marginMs: number): Promise<string[]> {
    return idsOf(await this.#database.run('lose-workers', [marginMs]));
  }

  async listWorkers(): Promise<WorkerView[]> {
    return (await this.#database.run('list-workers', [])).map(toWorkerView);
  }
}

function toWorkerView(row: Row): WorkerView {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    host: row['host'] as string,
    pid: row['pid'] as number,
    version: row['version'] as string,
    state: row['state'] as WorkerState,
    concurrency: row['concurrency'] as number,
    running: row['running'] as number,
    stuck: row['stuck'] as number,
    queues: row['queues'] as string[],
    types: row['types'] as string[],
    runtimes: row['runtimes'] as RuntimeInfo[],
    sandbox: row['sandbox'] as SandboxInfo | null,
    registeredAt: (row['registered_at'] as Date).toISOString(),
    leaseUntil: (row['lease_until'] as Date).toISOString(),
  };
}

function idsOf(rows: Row[]): string[] {
  return rows.map((row) => row['id'] as string);
}
