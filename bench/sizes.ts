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
  backlogTasks: 50_000,
  submitMs: 1500,
  batchTasks: 50_000,
  latencyProbes: 200,
  latencyMs: 1500,
  steadyMs: 120_000,
  steadyPerSecond: 500,
  waitingDrained: 20_000,
  stuckTasks: 100_000,
  expiryRunning: 100_000,
  expiryScheduled: 1_000_000,
  expiryDue: 2000,
  expiryMs: 10_000,
  kills: 200,
  cancels: 60,
  programs: 100,
  bloatTasks: 300_000,
};

/** By name, as the command line takes them. */
export const SIZES: Record<Sizes['name'], Sizes> = {
  quick: {
    ...NORMAL,
    name: 'quick',
    rounds: 1,
    backlogTasks: 25_000,
    submitMs: 400,
    batchTasks: 20_000,
    latencyProbes: 100,
    latencyMs: 700,
    steadyMs: 6000,
    waitingDrained: 10_000,
    stuckTasks: 20_000,
    expiryRunning: 10_000,
    expiryScheduled: 50_000,
    expiryDue: 500,
    expiryMs: 2000,
    kills: 20,
    cancels: 10,
    programs: 20,
    bloatTasks: 50_000,
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
