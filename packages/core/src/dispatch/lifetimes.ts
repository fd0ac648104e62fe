/** Times of the agreement between server and worker. */
export interface Lifetimes {
  heartbeatMs: number;
  /** A worker that cannot renew for this long has lost its attempts. */
  leaseMs: number;
  /** The server waits this much longer than the lease before it hands tasks on. */
  leaseMarginMs: number;
  /**
   * The worker ends an attempt at its TTL and says so. The server waits this long for that before
   * it records the end by itself, so that what the program printed is there when the status is.
   */
  confirmPatienceMs: number;
  /** How often to look for tasks that another server has stored, in case its hint was lost. */
  pollMs: number;
}

/** After this time a worker that was not heard of has ended all that it ran. */
export function certainDeathMs({ leaseMs, leaseMarginMs }: Lifetimes): number {
  return leaseMs + leaseMarginMs;
}

export const DEFAULT_LIFETIMES: Lifetimes = {
  heartbeatMs: 1000,
  leaseMs: 5000,
  leaseMarginMs: 1000,
  confirmPatienceMs: 500,
  pollMs: 1000,
};
