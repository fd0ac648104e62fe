/**
 * The worker protocol of `proto/mayfly/v1/worker.proto`, with constructors that fill in what a
 * frame leaves out.
 */
export * from './generated/mayfly/v1/worker.ts';

import type { ServerFrame, WorkerFrame } from './generated/mayfly/v1/worker.ts';

export function workerFrame(parts: Partial<WorkerFrame>): WorkerFrame {
  return {
    credits: 0,
    reports: [],
    output: [],
    progress: [],
    returned: [],
    draining: false,
    stuck: 0,
    ...parts,
  };
}

export function serverFrame(parts: Partial<ServerFrame>): ServerFrame {
  return {
    assignments: [],
    stops: [],
    deadlines: [],
    settled: [],
    drain: false,
    outputStored: 0,
    moreWaiting: false,
    ...parts,
  };
}
