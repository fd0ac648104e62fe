import type { RuntimeInfo, TaskType, WorkerRegistration, WorkerView } from '@mayfly/contracts';
import type { SessionRef } from '../task/attempt.ts';

export interface Lane {
  id: number;
  queue: string;
  type: string;
  /** Runtime that the worker must have; empty for types that need none. */
  runtime: string;
  /** Its tasks have a concurrency key. */
  keyed: boolean;
}

export type WantedLane = Omit<Lane, 'id' | 'keyed'> & { keyed?: boolean };

export interface LeaseRenewal {
  workerId: string;
  /** Attempts that are over while their code runs on. */
  stuck: number;
}

export interface RenewedLease {
  workerId: string;
  /** It is to take nothing more. */
  draining: boolean;
}

export interface WorkerStore {
  /** Lanes are made on demand and never change or vanish. */
  ensureLane(lane: WantedLane): Promise<Lane>;
  listLanes(afterId: number): Promise<Lane[]>;

  saveTypes(types: TaskType[]): Promise<void>;
  listTypes(): Promise<TaskType[]>;
  /** Runtimes of workers that are online or went away at most `recentMs` ago. */
  listRuntimes(recentMs: number): Promise<RuntimeInfo[]>;

  /**
   * Starts the lease. Registering an incarnation again renews it, and begins another session.
   *
   * @returns the number of the session, from 1; null once the lease was lost
   */
  register(registration: WorkerRegistration, leaseMs: number): Promise<number | null>;
  /** @returns the leases that go on; the other workers have lost theirs */
  renewLeases(renewals: LeaseRenewal[], leaseMs: number): Promise<RenewedLease[]>;
  /** @returns false when there is no such worker, or not any more */
  setDraining(workerId: string): Promise<boolean>;
  /** @returns those of the workers that are to take nothing more */
  listDraining(workerIds: string[]): Promise<string[]>;
  /** Ends the lease of a worker that holds nothing any more; only its latest session can. */
  release(session: SessionRef): Promise<void>;
  /** Takes workers whose lease ended `marginMs` ago or earlier for dead. @returns their ids */
  loseExpired(marginMs: number): Promise<string[]>;
  listWorkers(): Promise<WorkerView[]>;
}
