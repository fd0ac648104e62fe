/** How much is measured. */
export interface Sizes {
  name: 'quick' | 'normal' | 'full';
  /** Of loads that compare contenders. */
  rounds: number;
  backlogTasks: number;
  /** How long each number of submissions in flight is held. */
  submitMs: number;
  batchTasks: number;
  latencyProbes: number;
  latencyMs: number;
  steadyMs: number;
  steadyPerSecond: number;
  waitingDrained: number;
  stuckTasks: number;
  expiryRunning: number;
  expiryScheduled: number;
  expiryDue: number;
  /** The due times lie this far apart at most. */
  expiryMs: number;
  kills: number;
  cancels: number;
  programs: number;
  bloatTasks: number;
}

const NORMAL: Sizes = {
  name: 'normal',
  rounds: 3,
  backlogTasks: 60_000,
  submitMs: 1500,
  batchTasks: 50_000,
  latencyProbes: 200,
  latencyMs: 3000,
  steadyMs: 120_000,
  steadyPerSecond: 500,
  waitingDrained: 20_000,
  stuckTasks: 100_000,
  expiryRunning: 100_000,
  expiryScheduled: 1_000_000,
  expiryDue: 2000,
  expiryMs: 10_000,
  kills: 300,
  cancels: 100,
  programs: 200,
  bloatTasks: 500_000,
};

/** By name, as the command line takes them. */
export const SIZES: Record<Sizes['name'], Sizes> = {
  quick: {
    ...NORMAL,
    name: 'quick',
    rounds: 1,
    backlogTasks: 30_000,
    submitMs: 500,
    batchTasks: 20_000,
    latencyProbes: 100,
    latencyMs: 1000,
    steadyMs: 8000,
    waitingDrained: 10_000,
    stuckTasks: 20_000,
    expiryRunning: 10_000,
    expiryScheduled: 100_000,
    expiryDue: 500,
    expiryMs: 4000,
    kills: 40,
    cancels: 20,
    programs: 40,
    bloatTasks: 60_000,
  },
  normal: NORMAL,
  full: {
    ...NORMAL,
    name: 'full',
    rounds: 5,
    backlogTasks: 100_000,
    kills: 1000,
    cancels: 200,
    bloatTasks: 5_000_000,
  },
};
